"""What goes over the line when a page was corrected and the training is done again, as Transfer counts it."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import click
from common import print_json, say
from processes import scratch

from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.adapters.globus.transfer.service import transfer_client
from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.config import DataPath, LocalSiteConfig, OwnCollection, PoolConfig
from armarius.client.demo_pages import write_demo_pages
from armarius.client.job import Job
from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.journal import Journal
from armarius.client.pool import Pool
from armarius.client.words import size
from armarius.functions.contracts import ArmariusError, Shape
from armarius.functions.site import Site

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))  # the local double of Globus' services is a part of the tests

from cloud.broker import free_port  # noqa: E402
from support.cloud import LocalCloud, why_no_cloud  # noqa: E402
from support.control import ControlOnly  # noqa: E402

PAGES = 20
GOAL = 0.01
_TEXT = re.compile(r'((?:CONTENT="|<(?:\w+:)?Unicode>)[^"<]*?)(\w)(?=\w)')
_NOTE = """Bytes: what the service reports to have moved, archives with all that belongs to them.
The training itself is not done here, and the model that comes home is not counted: it is as large both times."""


@dataclass(frozen=True)
class Staged:
    """What one training had to send.

    Attributes:
        moved: Bytes, as the service counts them.
        tasks: Transfers that it took.
        dataset: The digest of what was sent.
    """

    moved: int
    tasks: int
    dataset: str


@click.command()
@click.option(
    "--pages",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder of ALTO or PAGE files beside their images, or of such folders.  "
    "[default: $ARMARIUS_PAGES, ../shared/data, or synthetic pages]",
)
@click.option("--count", type=click.IntRange(2), default=PAGES, show_default=True, help="Pages to take at most.")
def main(pages: Path | None, count: int) -> None:
    """Stage pages on a site, correct a letter of one, stage them again, and compare the bytes."""
    if reason := why_no_cloud():
        raise click.ClickException(reason)
    with scratch() as folder:
        what = _take_pages(pages, count, folder / "pages")
        say(f"{what}; the cloud is a local double of Transfer, the client is globus-sdk's own")
        with _pool(folder) as (pool, cloud):
            first = _stage(pool, cloud, folder / "pages", "first")
            corrected = _correct(folder / "pages")
            second = _stage(pool, cloud, folder / "pages", "second")
    if first.dataset == second.dataset:
        raise click.ClickException("The correction changed nothing; the figures would mean nothing.")
    _tell(what, corrected, first, second)


# Pages -----------------------------------------------------------------------------------------------------------


def _take_pages(pages: Path | None, count: int, target: Path) -> str:
    """Copies pages, of which one will be corrected, and says what they are."""
    found = _find(pages)[:count]
    if not found:
        write_demo_pages(target, count)
        return f"{count} synthetic pages"
    target.mkdir()
    for file in found:
        for part in file.parent.glob(f"{file.stem}.*"):
            shutil.copy(part, target)
    where = ", ".join(sorted({file.parent.parent.name for file in found}))
    return f"{len(found)} real pages ({where})"


def _find(pages: Path | None) -> list[Path]:
    folder = pages or Path(os.environ.get("ARMARIUS_PAGES") or REPOSITORY.parent / "shared" / "data")
    return sorted(folder.rglob("*.xml"))


def _correct(folder: Path) -> str:
    """Changes one letter of one line, as a person does who has found a mistake."""
    for file in sorted(folder.glob("*.xml")):
        before = file.read_text(encoding="utf-8")
        after = _TEXT.sub(lambda found: found[1] + ("e" if found[2] != "e" else "a"), before, count=1)
        if after != before:
            file.write_text(after, encoding="utf-8")
            return file.name
    raise click.ClickException("No page has a transcription that could be corrected.")


# Staging ---------------------------------------------------------------------------------------------------------


@contextmanager
def _pool(folder: Path) -> Iterator[tuple[Pool, LocalCloud]]:
    """A pool of one site that has only control functions, with Transfer between."""
    with ExitStack() as stack:
        cloud = stack.enter_context(LocalCloud.start(folder / "cloud", port=free_port()))
        os.environ.update(cloud.environment())
        desk = _desk(folder, cloud)
        config = PoolConfig(journal="unused", home=folder / "home", sites=(desk.sites["site"].config,))
        yield stack.enter_context(Pool(config, desk)), cloud


def _desk(folder: Path, cloud: LocalCloud) -> Desk:
    ours, theirs = (folder / name for name in ("ours", "theirs"))
    ours.mkdir()
    theirs.mkdir()
    own = OwnCollection(collection=UUID(cloud.add_collection("ours", ours)), path=ours, seen_as="/")
    data = DataPath(collection=UUID(cloud.add_collection("theirs", theirs)), root="/site")
    shape = Shape(name="any", cpus=1, memory=2**33)
    config = LocalSiteConfig(name="site", root=theirs / "site", kraken_python=Path(sys.executable), shapes=(shape,))
    journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
    compute = ControlOnly(Site(theirs / "site"))
    staging = GlobusStaging(Route("site", data, own), compute, transfer_client(globus_app()), journal.transfers)
    return Desk(journal, {"site": SiteLink(config, compute, staging)}, SystemClock(), "this|benchmark|1")


def _stage(pool: Pool, cloud: LocalCloud, pages: Path, name: str) -> Staged:
    """Does all of a training that comes before the site computes.

    Raises:
        ClickException: It failed.
    """
    say(f"{name} training")
    before = cloud.stats()
    try:
        job = pool.train([pages], name=name, output=pages.parent / name)
        _drive(pool, job)
    except ArmariusError as error:
        raise click.ClickException(str(error)) from error
    after = cloud.stats()
    moved = after.bytes_moved - before.bytes_moved
    return Staged(moved, len(after.transfers) - len(before.transfers), job.status().request.dataset)


def _drive(pool: Pool, job: Job) -> None:
    while not (row := advance(pool.desk, job.id)).state.computing:
        if row.state.final:
            raise click.ClickException(row.error)
        pool.driver.rest()


# Words -----------------------------------------------------------------------------------------------------------


def _tell(what: str, corrected: str, first: Staged, second: Staged) -> None:
    share = second.moved / first.moved
    click.echo(f"{what}; then a letter of {corrected} was corrected")
    for name, staged in (("first training", first), ("second training", second)):
        click.echo(f"{name:<16}{size(staged.moved):>10}{staged.moved:>12} bytes in {staged.tasks} transfer")
    click.echo(f"second of first{share:>10.2%}  (goal: under {GOAL:.0%})")
    click.echo(_NOTE)
    print_json(
        {
            "benchmark": "restaging",
            "pages": what,
            "corrected": corrected,
            "first": {"bytes": first.moved, "transfers": first.tasks},
            "second": {"bytes": second.moved, "transfers": second.tasks},
            "share": share,
            "goal": GOAL,
            "reached": share < GOAL,
        }
    )


if __name__ == "__main__":
    main()
