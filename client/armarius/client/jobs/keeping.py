"""Checkpoints at home: so that a training can go on at another site, though its own has died meanwhile."""

from contextlib import suppress
from pathlib import Path

from armarius.client.jobs.desk import Desk
from armarius.client.jobs.patience import is_over
from armarius.client.jobs.state import JobState
from armarius.client.jobs.transferring import may_begin, watch_transfer, why_given_up
from armarius.client.journal import JobRow, RunRow
from armarius.client.placement.candidate import Bag
from armarius.client.ports import Parcel, TransferState
from armarius.functions.contracts import ArmariusError, CheckpointRef
from armarius.functions.site import blob_name

SELDOM = 5.0
"""A checkpoint comes home when the one that is there is so many times older than ``checkpoint_every``: with its default
of two minutes, a site that burns down costs at most ten."""


GONE_SECONDS = 60.0
"""A site keeps few checkpoints, and Transfer waits for days for a file that is gone, in one of a user's three places.
So what has not moved for so long, while there is a newer checkpoint, is ended."""


def home_path(job: JobRow, reference: CheckpointRef) -> Path:
    """Returns where a checkpoint of a job is kept on this machine."""
    return job.request.dataset_dir / "checkpoints" / f"{reference.sha256}.ckpt"


def is_home(job: JobRow, reference: CheckpointRef) -> bool:
    """Tells whether a checkpoint is on this machine; what it holds is verified when it is sent."""
    with suppress(OSError):
        return home_path(job, reference).stat().st_size == reference.size
    return False


def parcel_of(job: JobRow, reference: CheckpointRef) -> Parcel:
    """Returns a checkpoint on its way home."""
    there = f"runs/{reference.run_id}/checkpoints/{reference.step:09d}.ckpt"
    return Parcel(home_path(job, reference), there, reference.sha256, reference.size)


def checkpoint_of_elsewhere(job: JobRow, run: RunRow) -> CheckpointRef | None:
    """Returns the checkpoint that a run goes on from, if another site wrote it."""
    reference = run.spec.resume_from
    if reference is None:
        return None
    return reference if _site_of(job, reference) != run.site else None


def to_site(job: JobRow, reference: CheckpointRef) -> Parcel:
    """Returns a checkpoint on its way to another site, which keeps it by its digest."""
    return Parcel(home_path(job, reference), blob_name(reference.sha256), reference.sha256, reference.size)


def bring_checkpoint(desk: Desk, job: JobRow, run: RunRow, reference: CheckpointRef) -> bool:
    """Brings a checkpoint here that a run at another site goes on from.

    Where its site is out of reach for longer than its patience, the job is placed anew, from what is here.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        run: Which waits for it.
        reference: The checkpoint, of another run of the job.

    Returns:
        Whether it is here.
    """
    parcel = parcel_of(job, reference)
    if parcel.is_here():
        kept = desk.journal.keeping.checkpoint(job.id)
        if kept is None or kept[0] != reference:  # it came with the last look at the run before
            came_home(desk, job, reference)
        return True
    source, transfer = _site_of(job, reference), f"{run.id}-checkpoint"
    if not desk.knows(source) or is_over(desk, source):
        desk.move(job, JobState.WAITING, f"The checkpoint of step {reference.step} is out of reach on {source}.")
        return False
    link = desk.link(source)
    view = watch_transfer(desk, link, transfer)
    if view.state is TransferState.DONE or may_begin(view):
        if view.state is TransferState.DONE:
            link.staging.cancel(transfer)  # it came, and is not here any more
        link.staging.fetch(transfer, [parcel])
    elif view.state is TransferState.FAILED:
        link.staging.cancel(transfer)
        said = f"The checkpoint of step {reference.step} could not be brought from {source}. {why_given_up(view)}"
        desk.fail(job, f"{said} Then: armarius resume {job.id}")
    if parcel.is_here():
        came_home(desk, job, reference)
        return True
    return False


def _site_of(job: JobRow, reference: CheckpointRef) -> str:
    return next((run.site for run in job.runs if run.id == reference.run_id), "")


def keep_at_home(desk: Desk, job: JobRow, run: RunRow, reference: CheckpointRef | None, *, now: bool = False) -> None:
    """Brings a run's newest checkpoint home in the background, where it could go on elsewhere.

    Whatever goes wrong is tried again at the next look; nothing waits for it.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        run: Which wrote it.
        reference: Its newest checkpoint, if it has one.
        now: Whether to bring it though another came not long ago: the run has paused.
    """
    if reference is None or reference.run_id != run.id or len(desk.sites) < 2:
        return
    with suppress(ArmariusError, OSError):
        _take_further(desk, job, run, reference, now)


def keep_while_waiting(desk: Desk, job: JobRow, bag: Bag | None) -> None:
    """Brings home what a job that waits will go on from: its site may be about to go away.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        bag: Its newest checkpoint; None if it has none.
    """
    if bag is None:
        return
    kept = desk.journal.keeping.checkpoint(job.id)
    run = next((run for run in job.runs if run.id == bag.reference.run_id), None)
    if run is not None and desk.knows(run.site) and (kept is None or kept[0].step < bag.reference.step):
        keep_at_home(desk, job, run, bag.reference, now=True)


def keep_no_more(desk: Desk, run: RunRow) -> None:
    """Ends what is on its way home: the run has ended well, and its site will delete its checkpoints."""
    desk.scout.fetching.pop(run.id, None)
    with suppress(ArmariusError, OSError):
        desk.link(run.site).staging.cancel(f"{run.id}-keep")


def _take_further(desk: Desk, job: JobRow, run: RunRow, reference: CheckpointRef, now: bool) -> None:
    """Begins to fetch if it is time; takes note of what came; deletes what is older."""
    staging, transfer = desk.link(run.site).staging, f"{run.id}-keep"
    fetched = desk.scout.fetching.get(run.id)
    if fetched is not None:
        checkpoint, begun = fetched
        view = staging.status(transfer)
        gone = reference.step > checkpoint.step and not view.moved and desk.clock.now() - begun >= GONE_SECONDS
        if view.state is TransferState.ACTIVE and not gone:
            return
        staging.cancel(transfer)  # forgotten, so that the next can begin under its name
        del desk.scout.fetching[run.id]
        if parcel_of(job, checkpoint).is_here():
            came_home(desk, job, checkpoint)
    if now or _is_time(desk, job, run, reference):
        if parcel_of(job, reference).is_here():
            return
        staging.cancel(transfer)
        staging.fetch(transfer, [parcel_of(job, reference)])
        desk.scout.fetching[run.id] = (reference, desk.clock.now())


def _is_time(desk: Desk, job: JobRow, run: RunRow, reference: CheckpointRef) -> bool:
    kept = desk.journal.keeping.checkpoint(job.id)
    if kept is not None and kept[0].step >= reference.step:
        return False
    last = kept[1] if kept else run.submitted or run.created
    return desk.clock.now() - last >= SELDOM * job.request.checkpoint_every


def came_home(desk: Desk, job: JobRow, reference: CheckpointRef) -> None:
    """Takes note of a checkpoint that is here and whole; older ones go."""
    desk.journal.keeping.came_home(job.id, reference, desk.clock.now())
    here = home_path(job, reference)
    for other in here.parent.glob("*.ckpt"):
        if other != here:
            other.unlink(missing_ok=True)


def forget_checkpoints(job: JobRow) -> None:
    """Deletes the checkpoints that are here: the job is done."""
    with suppress(OSError):
        for path in (job.request.dataset_dir / "checkpoints").glob("*.ckpt"):
            path.unlink(missing_ok=True)
