"""Bringing pages home that were segmented or transcribed, from every site on which the job was computed."""

from collections.abc import Sequence
from contextlib import suppress

from armarius.client.jobs.desk import Desk
from armarius.client.jobs.donepages import done_twice, each_once, is_home, is_of, names_of, pages_by_run, parcels_of
from armarius.client.jobs.extent import manifest_of
from armarius.client.jobs.keeping import SELDOM
from armarius.client.jobs.own import is_own
from armarius.client.jobs.patience import is_over
from armarius.client.jobs.places import site_of
from armarius.client.jobs.transferring import has_stalled, may_begin, watch_transfer, why_given_up
from armarius.client.journal import JobRow, RunRow
from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.functions.contracts import ArmariusError, PageResult, Progress

MOST_FILES = 200
"""Files that one transfer brings home: of many more, the journal would rewrite a long list with each that arrives."""


def bring_pages(desk: Desk, job: JobRow) -> dict[str, str] | None:
    """Takes the files of all pages further on their way, those of earlier runs of the job included.

    Returns:
        None while some are under way; else by the run whose pages will not come, why: empty if all are here.
    """
    names = names_of(job)
    told = [page for pages in pages_by_run(desk.journal, job).values() for page in pages]
    parcels: dict[str, list[Parcel]] = {run.id: [] for run in job.runs}
    for page in each_once(told).values():
        parcels[page.run_id] += parcels_of(job, names, page)
    troubles = {run.id: _bring(desk, job, run, parcels[run.id]) for run in job.runs}
    if None in troubles.values():
        return None
    said = {run_id: trouble for run_id, trouble in troubles.items() if trouble}
    if said or not _put_away_what_was_done_twice(job, names, told):
        return said
    return None


def _put_away_what_was_done_twice(job: JobRow, names: tuple[str, ...], told: list[PageResult]) -> bool:
    """Deletes files of pages that another run has done since, so that what it made is fetched; tells if there were any.

    A file that differs from all that came was changed by somebody here, and stays.
    """
    older = list(done_twice(job, names, told))
    for parcel in older:
        parcel.here.unlink(missing_ok=True)
    return bool(older)


def _bring(desk: Desk, job: JobRow, run: RunRow, parcels: list[Parcel]) -> str | None:
    """Returns None while the files of one run are under way, else why some will not come, empty if all are here."""
    missing = [parcel for parcel in parcels if not is_home(parcel)]
    if not missing:
        return ""
    reached = is_own(job, run) and desk.knows(run.site)
    view = _view(desk, run) if reached else TransferView(TransferState.UNKNOWN)
    if view.state is TransferState.ACTIVE and not _never_comes(desk, run):
        return None
    if not reached or is_over(desk, run.site):
        return f"{run.site} is out of reach."
    staging = desk.link(run.site).staging
    if view.state is TransferState.FAILED and not may_begin(view):
        staging.cancel(_out(run))  # forgotten, so that a resumed job begins it anew
        return why_given_up(view)
    if view.state is TransferState.DONE:  # some came, and these are the next
        staging.cancel(_out(run))
    staging.cancel(_meanwhile(run))
    staging.fetch(_out(run), missing[:MOST_FILES])
    return None


def _view(desk: Desk, run: RunRow) -> TransferView:
    """Tells how what comes home of a run stands: what was begun meanwhile comes first."""
    link = desk.link(run.site)
    meanwhile = watch_transfer(desk, link, _meanwhile(run))
    return meanwhile if meanwhile.state is TransferState.ACTIVE else watch_transfer(desk, link, _out(run))


def _never_comes(desk: Desk, run: RunRow) -> bool:
    """Tells whether a transfer waits for a site that is gone, as it may for days. The site is asked, now and then.

    What still moves is waited for, though the site says nothing: its files may be reached by another way.
    """
    desk.ask(site_of(run.site))
    if not is_over(desk, run.site) or not has_stalled(desk, _out(run), _meanwhile(run)):
        return False
    for name in (_out(run), _meanwhile(run)):
        desk.link(run.site).staging.cancel(name)
    return True


def fetch_pages_meanwhile(desk: Desk, job: JobRow, run: RunRow, news: Sequence[Progress]) -> None:
    """Brings pages home while others are computed: what is home need not be done again if the site dies.

    One transfer comes after another, with a pause between them where they have to travel. Whatever goes wrong here is
    made up for at the end.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        run: Which is computed.
        news: What is new of it.
    """
    with suppress(ArmariusError, OSError):
        told = desk.homing.get(run.id)
        if told is None:
            told = desk.homing[run.id] = list(pages_by_run(desk.journal, job)[run.id])  # the news included
        else:
            told += [line.page for line in news if line.page is not None]
        manifest = manifest_of(job.request.dataset_dir, job.request.dataset)
        told[:] = [page for page in told if page.done and page.run_id == run.id and is_of(manifest, page)]
        if told:
            _take_further(desk, job, run, told)


def _take_further(desk: Desk, job: JobRow, run: RunRow, told: list[PageResult]) -> None:
    """Begins the next transfer when the one before has ended and it is time; one that failed is left to the end."""
    link, name = desk.link(run.site), _meanwhile(run)
    view = link.staging.status(name)
    if view.state is TransferState.ACTIVE:
        return
    if view.state is not TransferState.UNKNOWN:
        link.staging.cancel(name)  # forgotten, so that the next can begin under its name
    if view.state is TransferState.FAILED:
        told.clear()
    elif view.state is TransferState.DONE or _is_due(desk, job, run):
        missing = _not_home(job, told)
        if missing and _is_due(desk, job, run):
            desk.scout.homing[run.id] = desk.clock.now() + _pause(job, link.compute.pace)
            link.staging.fetch(name, missing[:MOST_FILES])


def _not_home(job: JobRow, told: list[PageResult]) -> list[Parcel]:
    """Returns the files of pages that are not home, and takes those that are from the list."""
    names = names_of(job)
    missing = {page.number: [each for each in parcels_of(job, names, page) if not is_home(each)] for page in told}
    told[:] = [page for page in told if missing[page.number]]
    return [parcel for parcels in missing.values() for parcel in parcels]


def _is_due(desk: Desk, job: JobRow, run: RunRow) -> bool:
    """Tells whether the next pages may begin to come home; the first time, a pause after the run was handed over."""
    pause = _pause(job, desk.link(run.site).compute.pace)
    first = (run.submitted or run.created) + pause
    wait = desk.scout.homing.setdefault(run.id, first) - desk.clock.now()
    return not 0 < wait <= pause  # of more than a pause: the clock was put back


def _pause(job: JobRow, pace: float) -> float:
    """Returns the seconds between two transfers; none where a look costs nothing."""
    return SELDOM * job.request.checkpoint_every if pace else 0.0


def forget_pages(desk: Desk, job: JobRow) -> None:
    """Ends what is under way of them."""
    for run in job.runs:
        desk.homing.pop(run.id, None)
        if desk.knows(run.site):
            for transfer in (_out(run), _meanwhile(run)):
                desk.link(run.site).staging.cancel(transfer)


def _out(run: RunRow) -> str:
    return f"{run.id}-out"


def _meanwhile(run: RunRow) -> str:
    return f"{run.id}-meanwhile"
