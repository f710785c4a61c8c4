"""The step that ends a job because somebody wants it to."""

from armarius.client.jobs.bringing import forget_pages
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.epochs import forget_epochs
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.functions.contracts import RunState


def cancel(desk: Desk, job: JobRow) -> None:
    """Tells the site, and waits (over several calls) until nobody computes the run any more."""
    run = job.run
    if run is None:
        desk.move(job, JobState.CANCELLED, "cancelled before it was computed")
    elif not desk.knows(run.site):
        desk.move(job, JobState.CANCELLED, f"cancelled; {run.site} is configured no more, and could not be told")
    elif run.submitted is None:
        _end_transfers(desk, run)
        desk.move(job, JobState.CANCELLED, "cancelled before it was computed")
    else:
        _stop(desk, job, run)


def _stop(desk: Desk, job: JobRow, run: RunRow) -> None:
    desk.stop(run.site, run.id)
    status = desk.status(run)
    desk.journal.heard(job.id, desk.owner, run.id, status.progress, status.position, status.report)
    if status.state is not RunState.RUNNING:
        _end_transfers(desk, run)
        forget_epochs(desk, job)
        forget_pages(desk, job)
        desk.move(job, JobState.CANCELLED, "cancelled")


def _end_transfers(desk: Desk, run: RunRow) -> None:
    staging = desk.link(run.site).staging
    for way in ("in", "out", "keep"):
        staging.cancel(f"{run.id}-{way}")
