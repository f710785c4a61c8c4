"""The step that takes a job away from a site where it may not stay."""

from contextlib import suppress

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.places import site_of
from armarius.client.jobs.placing import place
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.client.placement.rules import forbidden


def why_to_leave(desk: Desk, job: JobRow, run: RunRow) -> str:
    """Says why a job may not stay where its run is; nothing if it may.

    Its operators may want the site to be empty. And what has not begun yet begins no more where its data may not go
    any more; what has, ends there.
    """
    site = site_of(run.site)
    if desk.is_emptying(site):
        return f"{site} is being emptied: the job goes on elsewhere."
    link = desk.sites.get(site)
    reason = forbidden(job.request, link.config, desk.data_rules) if link is not None and not run.position else ""
    return f"It does not begin there: {site} {reason}." if reason else ""


def leave(desk: Desk, job: JobRow, run: RunRow) -> bool:
    """Begins to take a job away from its site, if it may not stay.

    What was not handed over is placed anew at once. All else is told to pause, which it does with a checkpoint; a run
    that still waits in a queue will not begin, and :func:`~armarius.client.jobs.computing.watch` takes its job back
    when it sees that nobody computes it.

    Returns:
        Whether the job was placed anew; else it is to be watched.

    Raises:
        SiteUnreachable: Where its newest checkpoint is cannot be told.
    """
    said = why_to_leave(desk, job, run) if job.state.holds_place and run.report_json is None else ""
    if not said:
        return False
    if run.submitted is None:
        if desk.knows(run.site):
            desk.link(run.site).staging.cancel(f"{run.id}-in")
        take_back(desk, job, said)
        return True
    if not any(event.message == said and event.at >= run.created for event in job.events):
        with suppress(SiteUnreachable):  # that is dealt with by whoever watches it; it is told again
            desk.stop(run.site, run.id, pause=True)
            desk.move(job, job.state, said)
    return False


def take_back(desk: Desk, job: JobRow, said: str) -> None:
    """Places a job anew whose run nobody computes. Should the driver die in between, the job waits, and is placed.

    Raises:
        SiteUnreachable: Where its newest checkpoint is cannot be told.
    """
    desk.move(job, JobState.WAITING, said)
    place(desk, desk.journal.job(job.id))
