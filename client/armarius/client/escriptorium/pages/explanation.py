"""Why a job is where it is."""

from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal
from armarius.client.placement.decision import Decision, Verdict
from armarius.client.words import duration


def explain(journal: Journal, job: JobRow) -> list[str]:
    """Says why a job is where it is, in lines for people.

    What was chosen for each attempt, and what held it up; then, of the last choice, what each site would have taken,
    or why it could not be chosen.

    Args:
        journal: Where it is written.
        job: The job.
    """
    chosen = (JobState.PLACED, JobState.WAITING)
    lines = [event.message for event in job.events if event.state in chosen and event.message]
    row = journal.sites.decision(job.run.id) if job.run else None
    if row is None:
        return lines
    return lines + [said for each in Decision.model_validate(row.decision_json).verdicts if (said := _said(each))]


def _said(verdict: Verdict) -> str:
    """Says what was known of one site; nothing where it was the only one left."""
    if verdict.reason:
        return f"{verdict.site} {verdict.reason}"
    if verdict.sum is None:
        return ""
    parts = (("files", verdict.sum.staging), ("queue", verdict.sum.wait), ("computing", verdict.sum.work))
    said = ", ".join(f"{name} {duration(seconds)}" for name, seconds in parts)
    return f"{verdict.site}: done in about {duration(verdict.sum.finish)} ({said})"
