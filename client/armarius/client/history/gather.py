"""Putting a job's history together."""

from collections.abc import Iterable

from armarius.client.history.entry import Entry
from armarius.client.history.onsites import on_its_site
from armarius.client.jobs.places import site_of
from armarius.client.jobs.state import JobState
from armarius.client.journal import EventRow, JobRow, Journal, RunRow
from armarius.client.placement.decision import Decision, Verdict
from armarius.client.words import NOTHING, duration

_WORDS = {JobState.PACKED: "written down", JobState.WAITING: "waits", JobState.STAGING: "sending files"}
"""Where a state alone would not say what happened."""


def history_of(journal: Journal, job: JobRow) -> list[Entry]:
    """Returns all that is known of what happened to a job, oldest first.

    Args:
        journal: Where it is written.
        job: The job.
    """
    entries = _events(journal, job, [event for event in job.events if not _follows(event)])
    for run, following in zip(job.runs, [*job.runs[1:], None], strict=True):
        entries += on_its_site(journal, job, run, following)
    entries += _events(journal, job, [event for event in job.events if _follows(event)])
    return sorted(entries, key=lambda entry: entry.at)  # of the same moment, in this order


def _follows(event: EventRow) -> bool:
    """Tells whether a state is what comes of the end of a run."""
    return event.state.final or event.state is JobState.RETURNING


def _events(journal: Journal, job: JobRow, events: Iterable[EventRow]) -> list[Entry]:
    return [_said_of(journal, job, event, _run_at(job, event)) for event in events]


def _said_of(journal: Journal, job: JobRow, event: EventRow, run: RunRow | None) -> Entry:
    if event.state is JobState.PLACED and run is not None:
        return _placed(journal, job, event, run)
    what = _WORDS.get(event.state, event.state.value)
    if run is None or event.state in (JobState.WAITING, JobState.PACKED):
        return Entry(event.at, what, why=event.message)
    return Entry(event.at, what, site_of(run.site), run.id, event.message)


def _run_at(job: JobRow, event: EventRow) -> RunRow | None:
    """Returns the run that a job had when something happened."""
    begun = [run for run in job.runs if run.created <= event.at]
    return begun[-1] if begun else None


def _placed(journal: Journal, job: JobRow, event: EventRow, run: RunRow) -> Entry:
    """Says where a run went, from where, and what the other sites would have taken."""
    before = next((each for each in job.runs if each.number == run.number - 1), None)
    moved = before is not None and site_of(before.site) != site_of(run.site)
    row = journal.sites.decision(run.id)
    verdicts = Decision.model_validate(row.decision_json).verdicts if row is not None else ()
    others = [_briefly(each) for each in verdicts if each.site != site_of(run.site)]
    why = "; ".join([event.message, *others])
    return Entry(event.at, "moved" if moved else "placed", site_of(run.site), run.id, why)


def _briefly(verdict: Verdict) -> str:
    if verdict.reason:
        return f"{verdict.site} {verdict.reason}"
    return f"{verdict.site}: {duration(verdict.sum.finish) if verdict.sum else NOTHING}"
