"""The step that brings a site what it lacks, and then hands the run over."""

from pathlib import Path

from armarius.client.errors import shown
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.client.pages import PackedDataset
from armarius.client.pages.packed import MANIFEST
from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.client.words import count
from armarius.functions.contracts import Task
from armarius.functions.site import blob_name

MOST_ATTEMPTS = 3
"""How often a transfer is begun that fails for a reason which may pass."""

STATE_OF = {
    Task.CALIBRATE: JobState.CALIBRATING,
    Task.TRAIN: JobState.TRAINING,
    Task.EVALUATE: JobState.EVALUATING,
}


def stage(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Sends what the site lacks; when it lacks nothing, hands the run over."""
    link = desk.link(run.site)
    transfer = f"{run.id}-in"
    view = watch_transfer(desk, link, transfer)
    if view.state is TransferState.ACTIVE:
        return
    parcels = _parcels(job)
    report = desk.probe(link, [parcel.sha256 for parcel in parcels])
    wanted = [parcel for parcel in parcels if parcel.sha256 in report.missing]
    size = sum(parcel.size for parcel in wanted)
    if not wanted:
        submit(desk, job, run)
        desk.move(job, STATE_OF[run.task], f"handed to {run.site}")
    elif size > report.disk_free:
        desk.fail(job, f"{run.site} has {report.disk_free / 1e6:.0f} MB free; the pages need {size / 1e6:.0f} MB.")
    elif job.state is JobState.PLACED:
        desk.move(job, JobState.STAGING, f"{count(len(wanted), 'file')}, {size / 1e6:.1f} MB")
    elif may_begin(view):
        link.staging.send(transfer, wanted)
    else:
        link.staging.cancel(transfer)  # forgotten, so that a resumed job begins it anew
        desk.fail(job, f"{_not_there(run, view, wanted)} Then: armarius resume {job.id}")


def watch_transfer(desk: Desk, link: SiteLink, transfer: str) -> TransferView:
    """Tells how a transfer stands, and notes it for those who look at the job."""
    view = link.staging.status(transfer)
    if view.state is not TransferState.UNKNOWN:
        desk.journal.transfers.show(transfer, view, desk.clock.now())
    return view


def may_begin(view: TransferView) -> bool:
    """Tells whether a transfer is to be begun, for the first time or once more."""
    if view.state is TransferState.FAILED:
        return view.transient and view.attempt < MOST_ATTEMPTS
    return view.state is TransferState.UNKNOWN


def why_given_up(view: TransferView) -> str:
    """Says why a transfer is not begun once more."""
    return f"{view.error} It was tried {view.attempt} times." if view.attempt > 1 else view.error


def _not_there(run: RunRow, view: TransferView, wanted: list[Parcel]) -> str:
    if view.state is TransferState.DONE:
        named = f"{len(wanted)} of them, such as {shown(wanted[0].here)}"
        return f"All files were brought to {run.site}, and yet it lacks {named}. Does somebody clean up its disk?"
    return f"The files could not be brought to {run.site}. {why_given_up(view)}"


def submit(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Hands a run over. Written down before and after: a repetition in between is harmless, by the run's id."""
    desk.journal.submitting(job.id, desk.owner, run.id, desk.clock.now())
    reference = desk.link(run.site).compute.submit(run.spec, run.shape, run.walltime)
    desk.journal.submitted(job.id, desk.owner, run.id, reference)


def _parcels(job: JobRow) -> list[Parcel]:
    """Lists all files of a run: the manifest, the images, the model."""
    request = job.request
    packed = PackedDataset.load(request.dataset_dir)
    manifest = request.dataset_dir / MANIFEST
    parcels = [_parcel(request.dataset, manifest.stat().st_size, manifest)]
    parcels += [_parcel(image.sha256, image.size, packed.sources[image.sha256]) for image in packed.manifest.images()]
    if request.model is not None and request.model_path is not None:
        parcels.append(_parcel(request.model.sha256, request.model.size, request.model_path))
    return parcels


def _parcel(sha256: str, size: int, path: Path) -> Parcel:
    return Parcel(here=path, there=blob_name(sha256), sha256=sha256, size=size)
