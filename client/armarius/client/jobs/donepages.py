"""What came of the pages of a job, over all its runs; and which of them the next run need not do again."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from armarius.client.jobs.desk import Desk
from armarius.client.jobs.extent import manifest_of
from armarius.client.jobs.own import is_own
from armarius.client.jobs.patience import is_over
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.client.naming import page_file, page_names
from armarius.client.ports import Parcel
from armarius.functions.contracts import Manifest, PageFault, PageResult, PagesReport

CURABLE = (PageFault.MISSING_IMAGE, PageFault.OUT_OF_MEMORY)
"""Why a page was left out that another run may do."""


def pages_by_run(journal: Journal, job: JobRow) -> dict[str, tuple[PageResult, ...]]:
    """Returns what each run of a job told of its pages: by its report, else by its progress.

    What a site tells of others' pages, of pages that there are not, or of other images, counts for nothing.

    Raises:
        BadInput: The packed dataset of the job is gone.
    """
    manifest = manifest_of(job.request.dataset_dir, job.request.dataset)
    told: dict[str, dict[int, PageResult]] = {run.id: {} for run in job.runs}
    if any(run.report_json is None for run in job.runs):
        for _, line in journal.progress(job.id):
            if line.page is not None and line.page.run_id in told:
                told[line.page.run_id][line.page.number] = line.page
    for run in job.runs:
        if run.report_json is not None:
            report = PagesReport.model_validate(run.report_json)
            told[run.id] |= {page.number: page for page in report.pages if page.run_id == run.id}
    return {
        run_id: tuple(pages[number] for number in sorted(pages) if is_of(manifest, pages[number]))
        for run_id, pages in told.items()
    }


def is_of(manifest: Manifest, page: PageResult) -> bool:
    """Tells whether what a site tells of a page is of one that there is, and of its image."""
    return page.number < len(manifest.pages) and page.image == manifest.pages[page.number].image.sha256


def pages_of(journal: Journal, job: JobRow) -> dict[int, PageResult]:
    """Returns what came of each page that was done or left out so far, by its number: each page once."""
    return each_once(page for pages in pages_by_run(journal, job).values() for page in pages)


def each_once(told: Iterable[PageResult]) -> dict[int, PageResult]:
    """Returns what counts of all that runs told, by the page's number.

    The newest result counts, and one that is done whatever came of the page later.

    Args:
        told: The oldest first.
    """
    found: dict[int, PageResult] = {}
    for page in told:
        before = found.get(page.number)
        if before is None or page.done or not before.done:
            found[page.number] = page
    return dict(sorted(found.items()))


def pages_untold(journal: Journal, job: JobRow) -> int:
    """Returns how many pages there are of which no run has told what came of them."""
    return len(names_of(job)) - len(pages_of(journal, job))


def parcels_of(job: JobRow, names: tuple[str, ...], page: PageResult) -> list[Parcel]:
    """Returns the files of a page on their way home.

    Args:
        job: The job.
        names: What its pages are called in the folder for the results.
        page: The page.
    """
    return [
        Parcel(
            here=page_file(job.request, names[page.number], each.format),
            there=f"runs/{page.run_id}/{each.path}",
            sha256=each.sha256,
            size=each.size,
        )
        for each in page.files
    ]


def names_of(job: JobRow) -> tuple[str, ...]:
    """Returns what the pages of a job are called in the folder for its results, in the order of its manifest.

    Raises:
        BadInput: Its packed dataset is gone.
    """
    return page_names(manifest_of(job.request.dataset_dir, job.request.dataset))


def pages_to_skip(desk: Desk, job: JobRow) -> tuple[int, ...]:
    """Returns the pages that the next run need not do: they are home, or wait at a site that is not given up.

    One that was left out is tried again only where that may cure it.
    """
    if not job.runs:
        return ()
    names = names_of(job)
    lost = {run.id for run in job.runs if not _still_has(desk, job, run)}
    return tuple(number for number, page in pages_of(desk.journal, job).items() if _is_settled(job, names, page, lost))


def settles_pages(run: RunRow) -> bool:
    """Tells whether a run that has ended did a page, or left one out that no other run need try."""
    pages = PagesReport.model_validate(run.report_json).pages if run.report_json else ()
    return any(page.run_id == run.id and (page.done or page.fault not in CURABLE) for page in pages)


def _is_settled(job: JobRow, names: tuple[str, ...], page: PageResult, lost: set[str]) -> bool:
    if not page.done:
        return page.fault not in CURABLE
    return page.run_id not in lost or all(is_home(parcel) for parcel in parcels_of(job, names, page))


def _still_has(desk: Desk, job: JobRow, run: RunRow) -> bool:
    """Tells whether what a run did can be had from its site, as far as is known."""
    reached = is_own(job, run) and desk.knows(run.site)
    return reached and not is_over(desk, run.site) and not desk.journal.keeping.are_pages_lost(run.id)


def is_home(parcel: Parcel) -> bool:
    """Tells whether a file is on this machine. It came whole or not at all; what people make of it then is theirs."""
    return parcel.here.is_file()


def done_twice(job: JobRow, names: tuple[str, ...], pages: Iterable[PageResult]) -> Iterator[Parcel]:
    """Yields files that are here as a run made them which was not the last to do their page.

    Args:
        job: The job.
        names: What its pages are called in the folder for the results.
        pages: What its runs told of them, the oldest first.
    """
    made: dict[Path, list[Parcel]] = {}
    for parcel in (each for page in pages if page.done for each in parcels_of(job, names, page)):
        made.setdefault(parcel.here, []).append(parcel)
    for *before, newest in made.values():
        if any(older.sha256 != newest.sha256 and older.is_here() for older in before):
            yield newest
