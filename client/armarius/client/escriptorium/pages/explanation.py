"""Why a job is where it is."""

from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal


def explain(journal: Journal, job: JobRow) -> list[str]:
    """Says why a job is where it is, in lines for people: what was chosen for each attempt, and what held it up.

    Args:
        journal: Where it is written.
        job: The job.
    """
    chosen = (JobState.PLACED, JobState.WAITING)
    return [event.message for event in job.events if event.state in chosen and event.message]
