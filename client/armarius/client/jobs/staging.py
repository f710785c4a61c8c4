"""The step that brings a site what it lacks, and then hands the run over."""

from pathlib import Path

from armarius.client.errors import SiteUnreachable, shown
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.extent import images_of
from armarius.client.jobs.keeping import bring_checkpoint, checkpoint_of_elsewhere, to_site
from armarius.client.jobs.patience import is_silent, note_answer, note_silence
from armarius.client.jobs.places import site_of
from armarius.client.jobs.state import JobState
from armarius.client.jobs.transferring import has_stalled, may_begin, watch_transfer, why_given_up
from armarius.client.journal import JobRow, RunRow
from armarius.client.pages import PackedDataset
from armarius.client.pages.packed import MANIFEST
from armarius.client.placement.rules import forbidden
from armarius.client.ports import Parcel, TransferState, TransferView
from armarius.client.words import count, duration
from armarius.functions.contracts import Task
from armarius.functions.site import blob_name

SOON = 120.0
"""Seconds that a site may be silent before a job that it has not been given yet is placed anew."""

STATE_OF = {
    Task.CALIBRATE: JobState.CALIBRATING,
    Task.TRAIN: JobState.TRAINING,
    Task.EVALUATE: JobState.EVALUATING,
    Task.SEGMENT: JobState.SEGMENTING,
    Task.TRANSCRIBE: JobState.TRANSCRIBING,
}


def stage(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Sends what the site lacks; when it lacks nothing, hands the run over.

    A checkpoint of another site comes here first; one that cannot be had any more is not waited for.
    """
    if not may_still_go(desk, job, run):
        return
    link = desk.link(run.site)
    transfer = f"{run.id}-in"
    view = _on_its_way(desk, job, run, transfer)
    if view is None or view.state is TransferState.ACTIVE:
        return
    sent = desk.scout.sent.pop(run.id, None)
    if sent is not None and view.state is TransferState.DONE:  # the site itself has just put it all in its place
        desk.scout.heard(run.site, sent, [])
        _hand_over(desk, job, run, view)
        return
    travels = checkpoint_of_elsewhere(job, run)
    if travels is not None and not bring_checkpoint(desk, job, run, travels):
        return
    parcels = _parcels(job, run) + ([to_site(job, travels)] if travels is not None else [])
    digests = [parcel.sha256 for parcel in parcels]
    try:
        report = desk.probe(link, digests)
        if report.cache is not None:  # it deletes what no run needs: so it is told of this one, and looked once more
            report = desk.probe(link, digests, run=run.id)
    except SiteUnreachable as error:
        note_silence(desk, run.site, error)
        if not _elsewhere(desk, job, run):
            raise
        return
    note_answer(desk, run.site)
    desk.scout.heard(run.site, digests, list(report.missing))
    wanted = [parcel for parcel in parcels if parcel.sha256 in report.missing]
    size = sum(parcel.size for parcel in wanted)
    if not wanted:
        _hand_over(desk, job, run, view)
    elif size > report.disk_free:
        desk.fail(job, f"{run.site} has {report.disk_free / 1e6:.0f} MB free; the pages need {size / 1e6:.0f} MB.")
    elif may_begin(view):
        if job.state is JobState.PLACED:
            desk.move(job, JobState.STAGING, f"{count(len(wanted), 'file')}, {size / 1e6:.1f} MB")
        link.staging.send(transfer, wanted)
        desk.scout.sent[run.id] = [parcel.sha256 for parcel in wanted]
    else:
        link.staging.cancel(transfer)  # forgotten, so that a resumed job begins it anew
        desk.fail(job, f"{_not_there(run, view, wanted)} Then: armarius resume {job.id}")


def _on_its_way(desk: Desk, job: JobRow, run: RunRow, transfer: str) -> TransferView | None:
    """Tells how what is sent to a site stands; None if the site is silent and the job is therefore placed anew.

    A site may fall silent while files are on their way, which then may wait for days, or when all have come and it is
    to look at them. But it may be Transfer alone that does not answer.

    Raises:
        SiteUnreachable: It cannot be told.
    """
    link = desk.link(run.site)
    try:
        view = watch_transfer(desk, link, transfer)
    except SiteUnreachable:
        if not _elsewhere(desk, job, run):
            raise
        return None
    if view.state is TransferState.ACTIVE and has_stalled(desk, transfer) and _elsewhere(desk, job, run):
        link.staging.cancel(transfer)
        return None
    return view


def _elsewhere(desk: Desk, job: JobRow, run: RunRow) -> bool:
    """Lets a job be placed anew whose site is silent before it was handed over: nothing is computed there yet.

    Whether it is, the site itself is asked, unless it was a moment ago.
    """
    desk.ask(site_of(run.site))
    others = [link.config for link in desk.sites.values() if link.config.name != site_of(run.site)]
    if not is_silent(desk, run.site, SOON) or all(forbidden(job.request, each, desk.data_rules) for each in others):
        return False
    desk.move(job, JobState.WAITING, f"{run.site} does not answer.")
    return True


def may_still_go(desk: Desk, job: JobRow, run: RunRow) -> bool:
    """Asks once more, before anything is sent or handed over, whether the data may go to a run's site.

    Its file may have changed since the run was placed. If it may not, the job is to be placed anew.
    """
    reason = forbidden(job.request, desk.link(run.site).config, desk.data_rules) or _too_late(desk, run)
    if reason:
        desk.move(job, JobState.WAITING, f"It does not go on there: {run.site} {reason}.")
    return not reason


def _too_late(desk: Desk, run: RunRow) -> str:
    """Tells whether a run's walltime would end after its site is drained: its files may have been long on their way."""
    drain, now = desk.drain_of(run.site), desk.clock.now()
    if drain is None or not drain.is_ahead(now) or run.walltime is None or now + run.walltime <= drain.begins:
        return ""
    return f"will be drained in {duration(drain.begins - now)}, before the run would end"


def _learn(desk: Desk, job: JobRow, run: RunRow, view: TransferView) -> None:
    """Notes how long it took to send what the site lacked, by when that began."""
    begun = next((event.at for event in reversed(job.events) if event.state is JobState.STAGING), None)
    if job.state is JobState.STAGING and begun is not None and view.total:
        now = desk.clock.now()
        desk.journal.sites.carried(site_of(run.site), view.total, max(now - begun, 0.001), now)


def _not_there(run: RunRow, view: TransferView, wanted: list[Parcel]) -> str:
    if view.state is TransferState.DONE:
        named = f"{len(wanted)} of them, such as {shown(wanted[0].here)}"
        return f"All files were brought to {run.site}, and yet it lacks {named}. Does somebody clean up its disk?"
    return f"The files could not be brought to {run.site}. {why_given_up(view)}"


def _hand_over(desk: Desk, job: JobRow, run: RunRow, view: TransferView) -> None:
    _learn(desk, job, run, view)
    submit(desk, job, run)
    desk.move(job, STATE_OF[run.task], f"handed to {run.site}")


def submit(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Hands a run over. Written down before and after: a repetition in between is harmless, by the run's id."""
    desk.journal.submitting(job.id, desk.owner, run.id, desk.clock.now())
    reference = desk.link(run.site).compute.submit(run.spec, run.shape, run.walltime)
    desk.journal.submitted(job.id, desk.owner, run.id, reference)
    desk.journal.sites.handed_over(run.id, desk.clock.now())


def _parcels(job: JobRow, run: RunRow) -> list[Parcel]:
    """Lists all files of a run: the manifest, the images, the models."""
    request = job.request
    packed = PackedDataset.load(request.dataset_dir)
    manifest = request.dataset_dir / MANIFEST
    images = images_of(packed.manifest, run.spec.pages.skip if run.spec.pages else ())
    parcels = [_parcel(request.dataset, manifest.stat().st_size, manifest)]
    parcels += [_parcel(image.sha256, image.size, packed.sources[image.sha256]) for image in images]
    parcels += [_parcel(model.sha256, model.size, path) for model, path in request.models]
    return parcels


def _parcel(sha256: str, size: int, path: Path) -> Parcel:
    return Parcel(here=path, there=blob_name(sha256), sha256=sha256, size=size)
