"""The step that brings results home."""

from contextlib import suppress

from armarius.client.errors import ResultsLost
from armarius.client.jobs.bringing import bring_pages, forget_pages
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.donepages import pages_untold
from armarius.client.jobs.epochs import bring_epochs
from armarius.client.jobs.keeping import forget_checkpoints
from armarius.client.jobs.placing import place
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.jobs.transferring import may_begin, watch_transfer, why_given_up
from armarius.client.journal import JobRow, RunRow
from armarius.client.naming import best_model
from armarius.client.ports import Parcel, TransferState
from armarius.client.results import write_results
from armarius.client.words import count
from armarius.functions.contracts import ArmariusError, Outcome, RunReport, TrainReport

MOST_FINISHED = 3
"""How many runs of a job may do pages of which then some lack, before it is given up."""


def bring_home(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Fetches what a finished run made, describes it, and lets the sites clean up.

    Raises:
        ResultsLost: The folder for the results cannot be written.
    """
    try:
        if job.request.kind.is_of_pages:
            _settle_pages(desk, job)
        else:
            _settle(desk, job, run)
    except OSError as error:
        raise ResultsLost(job.request.output, error) from error


def _settle(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Brings the models home; when they are, writes the rest and closes the job."""
    report = _trained(job, run)
    parcels = _parcels(job, run, report) if report else []
    if not _are_here(parcels) and not _fetched(desk, job, run, parcels):
        return
    trouble = bring_epochs(desk, job, report) if report else ""
    if trouble is None:
        return
    _close(desk, job, trouble)
    forget_checkpoints(job)
    if not trouble:
        _release(desk, job)


def _settle_pages(desk: Desk, job: JobRow) -> None:
    """Brings the pages home; when they are, writes the rest and closes the job. Those that lack are done again."""
    troubles = bring_pages(desk, job)
    if troubles is None:
        return
    untold = pages_untold(desk.journal, job)
    if not troubles and not untold:
        _close(desk, job)
        with suppress(ArmariusError):  # such as pages that were done elsewhere, too
            forget_pages(desk, job)
        _release(desk, job)
        return
    for run_id, why in troubles.items():
        desk.journal.keeping.pages_lost(job.id, run_id, desk.clock.now(), why)
    said = f"Nothing was told of {count(untold, 'page')}."
    if troubles:
        said = f"Pages could not be brought home: {' '.join(troubles.values())}"
    if sum(_has_finished(run) for run in job.runs) < MOST_FINISHED:
        desk.move(job, JobState.WAITING, f"{said} They are done again.")
        place(desk, desk.journal.job(job.id))
    else:
        desk.fail(job, f"{said} Then: armarius resume {job.id}")


def _has_finished(run: RunRow) -> bool:
    return run.report_json is not None and RunReport.common(run.report_json).outcome is Outcome.FINISHED


def _close(desk: Desk, job: JobRow, trouble: str = "") -> None:
    write_results(job, desk.journal)
    desk.move(job, JobState.DONE, f"results in {job.request.output}. {trouble}".removesuffix(". "))
    write_results(desk.journal.job(job.id), desk.journal)  # once more, with the end in its history


def _trained(job: JobRow, run: RunRow) -> TrainReport | None:
    """Returns the report of a training."""
    return None if job.request.kind is JobKind.EVALUATE else TrainReport.model_validate(run.report_json)


def _fetched(desk: Desk, job: JobRow, run: RunRow, parcels: list[Parcel]) -> bool:
    """Takes the models further on their way home, and tells whether they are here now.

    They are read whole for that, so not while they are under way. What will not come any more ends the job.
    """
    link = desk.link(run.site)
    transfer = f"{run.id}-out"
    view = watch_transfer(desk, link, transfer)
    if may_begin(view):
        link.staging.fetch(transfer, parcels)
        view = watch_transfer(desk, link, transfer)  # it is on its way now, and not only with the next look
        return view.state is TransferState.DONE and _are_here(parcels)
    if view.state is TransferState.ACTIVE:
        return False
    if _are_here(parcels):
        return True
    link.staging.cancel(transfer)  # forgotten, so that a resumed job begins it anew
    said = why_given_up(view) or "It arrived, and is not there any more."
    desk.fail(job, f"The model could not be brought home from {run.site}. {said} Then: armarius resume {job.id}")
    return False


def _are_here(parcels: list[Parcel]) -> bool:
    return all(parcel.is_here() for parcel in parcels)


def _parcels(job: JobRow, run: RunRow, report: TrainReport) -> list[Parcel]:
    return [
        Parcel(
            here=best_model(job.request, report, model),
            there=f"runs/{run.id}/{model.path}",
            sha256=model.sha256,
            size=model.size,
        )
        for model in report.models
    ]


def _release(desk: Desk, job: JobRow) -> None:
    """The sites may delete what they kept of the job's runs."""
    for run in job.runs:
        desk.release_soon(run)
