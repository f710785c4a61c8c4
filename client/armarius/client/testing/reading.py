"""Pages on a fake site: they are segmented and transcribed as soon as a test says so."""

import hashlib
from collections.abc import Collection, Mapping

from armarius.client.testing.site import FakeRun, FakeSite
from armarius.client.testing.staging import FakeStaging
from armarius.functions.contracts import (
    Manifest,
    PageFault,
    PageFile,
    PageFormat,
    PageParameters,
    PageResult,
    Phase,
    Progress,
    Task,
)
from armarius.functions.runpages import SUFFIXES

LINES = 12
CHARACTERS = 400
PAGE_SECONDS = 6.0


def do_pages(
    site: FakeSite,
    staging: FakeStaging,
    run_id: str,
    manifest: Manifest | None = None,
    *,
    only: Collection[int] | None = None,
    faults: Mapping[int, PageFault] | None = None,
    at: float = 0.0,
) -> tuple[PageResult, ...]:
    """Lets a fake site do the pages of a run that are left, and tell of each; their files can be fetched then.

    The run goes on; :meth:`FakeSite.end` ends it, with these pages in its report.

    Args:
        site: It has been given the run.
        staging: By which files come home.
        run_id: The run.
        manifest: The pages; None for those that were sent to it.
        only: The numbers of those to do now; None for all that are left.
        faults: Those that are left out, and why.
        at: By the site's clock, in seconds since 1970.

    Returns:
        What came of those that were done now.
    """
    run, faults = site.runs[run_id], faults or {}
    manifest = manifest or _sent(staging, run.spec.dataset)
    wanted = run.spec.pages or PageParameters()
    settled = {*wanted.skip, *(line.page.number for line in run.lines if line.page is not None)}
    left = [number for number in range(len(manifest.pages)) if number not in settled]
    now = [number for number in left if only is None or number in only]
    results = tuple(_result(run, staging, manifest, number, faults.get(number)) for number in now)
    whole, done = len(manifest.pages), len(settled)
    lines = (
        Progress(
            at=at + PAGE_SECONDS * place,
            phase=Phase.READING,
            step=done + place,
            steps_per_epoch=whole,
            pages_per_second=1 / PAGE_SECONDS,
            seconds_left=PAGE_SECONDS * (whole - done - place),
            page=result,
        )
        for place, result in enumerate(results, 1)
    )
    site.begin(run_id, *lines)
    return results


def _sent(staging: FakeStaging, dataset: str) -> Manifest:
    """Finds a manifest among all that was ever sent."""
    here = next(parcel.here for parcel in staging.sent if parcel.sha256 == dataset)
    return Manifest.model_validate_json(here.read_bytes())


def page_text(task: Task, form: PageFormat, name: str) -> bytes:
    """Returns what a fake site writes for a page."""
    return f"{task.value} {form} {name}\n".encode()


def _result(run: FakeRun, staging: FakeStaging, manifest: Manifest, number: int, fault: PageFault | None) -> PageResult:
    page, spec = manifest.pages[number], run.spec
    common = {"number": number, "page": page.name, "image": page.image.sha256, "run_id": spec.run_id}
    if fault is not None:
        said = f"It is left out by a fake site ({fault.value})."
        return PageResult.model_validate({**common, "fault": fault, "message": said, "seconds": 0.1})
    reads = spec.task is Task.TRANSCRIBE
    formats = (spec.pages or PageParameters()).formats
    return PageResult.model_validate(
        {
            **common,
            "lines": LINES,
            "regions": 1,
            "characters": CHARACTERS if reads else 0,
            "confidence": 0.9 if reads else None,
            "seconds": PAGE_SECONDS,
            "files": tuple(_file(staging, spec.task, number, form, page.name) for form in formats),
        }
    )


def _file(staging: FakeStaging, task: Task, number: int, form: PageFormat, name: str) -> PageFile:
    content = page_text(task, form, name)
    digest = hashlib.sha256(content).hexdigest()
    staging.content[digest] = content
    path = f"pages/{number:06d}.{SUFFIXES[form]}"
    return PageFile(sha256=digest, size=len(content), name=path.rpartition("/")[2], path=path, format=form)
