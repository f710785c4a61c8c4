"""A job that segments four bare pages, on two sites of which the one is nearer."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.request import JobKind
from armarius.client.journal import JobRow
from armarius.client.pages import pack_images
from armarius.client.testing import do_pages, page_text
from armarius.functions.contracts import Outcome, PageParameters, Reason, SegmentationParameters, Task
from support.desk import Bench
from support.scans import scans
from support.several import Several, last, queue, several

HOURS = 3600.0
PAGES = 4


def prepare(made: Bench) -> None:
    """Puts bare pages in the place of those that are transcribed."""
    made.packed = pack_images(scans(made.folder / "scans", PAGES))
    made.packed.save(made.folder / "dataset")
    made.create(kind=JobKind.SEGMENT, pages=PageParameters(), parameters=SegmentationParameters())


def do(made: Several, site: str, run: str, *only: int, **how: Any) -> None:
    do_pages(made.fakes[site], made.stagings[site], run, made.packed.manifest, only=only or None, **how)


def end(made: Several, site: str, run: str, outcome: Outcome = Outcome.FINISHED, reason: Reason | None = None) -> None:
    made.fakes[site].end(run, outcome, reason)


def look(made: Several, times: int = 1) -> JobRow:
    for _ in range(times):
        job = advance(made.desk(), "job1")
    return job


def skipped(job: JobRow) -> tuple[int, ...]:
    pages = last(job).spec.pages
    assert pages is not None
    return pages.skip


def files(made: Several) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (made.folder / "results" / "pages").iterdir()}


def complete(made: Several) -> dict[str, bytes]:
    return {f"f{each}.alto.xml": page_text(Task.SEGMENT, "alto", f"f{each}") for each in range(1, PAGES + 1)}


def die(made: Several, site: str) -> None:
    """Lets a site be silent for longer than its patience, looking at the job now and then."""
    made.fakes[site].reachable = False
    for _ in range(3):
        with suppress(SiteUnreachable):
            look(made)
        made.clock.pass_(400)


@contextmanager
def pages_on_two_sites(folder: Path) -> Iterator[Several]:
    """Sites alpha and beta, and the job; all begins on alpha."""
    with several(folder, alpha={"walltimes": ("8h",), "patience": "10m"}, beta={"walltimes": ("8h",)}) as ready:
        ready.fakes["beta"].queue = queue(2 * HOURS)
        prepare(ready)
        yield ready
