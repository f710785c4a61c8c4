"""The step that brings results home."""

from armarius.client.errors import ResultsLost
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.staging import may_begin, watch_transfer, why_given_up
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.client.ports import Parcel, TransferState
from armarius.client.results import write_results
from armarius.functions.contracts import TrainReport
from armarius.functions.files import sha256_of


def bring_home(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Fetches the models of a finished run, describes them, and lets the site clean up.

    Raises:
        ResultsLost: The folder for the results cannot be written.
    """
    try:
        if _settled(desk, job, run):
            _release(desk, job)
    except OSError as error:
        raise ResultsLost(job.request.output, error) from error


def _settled(desk: Desk, job: JobRow, run: RunRow) -> bool:
    """Brings the models home; when they are, writes the rest and closes the job."""
    parcels = _parcels(job, run)
    if not all(_is_home(parcel) for parcel in parcels):
        _fetch(desk, job, run, parcels)
        return False
    write_results(job, desk.journal)
    desk.move(job, JobState.DONE, f"results in {job.request.output}")
    write_results(desk.journal.job(job.id), desk.journal)  # once more, with the end in its history
    return True


def _fetch(desk: Desk, job: JobRow, run: RunRow, parcels: list[Parcel]) -> None:
    link = desk.link(run.site)
    transfer = f"{run.id}-out"
    view = watch_transfer(desk, link, transfer)
    if may_begin(view):
        link.staging.fetch(transfer, parcels)
    elif view.state is not TransferState.ACTIVE and not all(_is_home(parcel) for parcel in parcels):
        link.staging.cancel(transfer)  # forgotten, so that a resumed job begins it anew
        said = why_given_up(view) or "It arrived, and is not there any more."
        desk.fail(job, f"The model could not be brought home from {run.site}. {said} Then: armarius resume {job.id}")


def _parcels(job: JobRow, run: RunRow) -> list[Parcel]:
    if job.request.kind is JobKind.EVALUATE:
        return []
    report = TrainReport.model_validate(run.report_json)
    return [
        Parcel(
            here=job.request.output / f"{job.request.name}.{model.format}",
            there=f"runs/{run.id}/{model.path}",
            sha256=model.sha256,
            size=model.size,
        )
        for model in report.models
    ]


def _is_home(parcel: Parcel) -> bool:
    """Copies come whole or not at all, so the size tells most; the digest is the proof."""
    path = parcel.here
    return path.is_file() and path.stat().st_size == parcel.size and sha256_of(path) == parcel.sha256


def _release(desk: Desk, job: JobRow) -> None:
    """The sites may delete what they kept of the job's runs."""
    by_site: dict[str, list[str]] = {}
    for run in job.runs:
        by_site.setdefault(run.site, []).append(run.id)
    for name, runs in by_site.items():
        desk.release(name, runs)
