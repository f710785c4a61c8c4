"""What people are told of work on pages: in notifications, and line by line in its report."""

from collections.abc import Sequence

from armarius.client.escriptorium.pressing.wish import Process, Wish
from armarius.client.jobs.state import JobState
from armarius.client.journal import EventRow
from armarius.client.words import count, time_of_day

DONE = "done"
CANCELLED = "cancelled"
GOOD = (DONE, CANCELLED)
"""Outcomes of tasks that need no more to be said."""

MOST_REASONS = 3
"""Pages that a notification names; the reports name all."""

SENTENCES: dict[Process, tuple[str, str]] = {
    "segment": ("Segmentation done!", "Something went wrong during the segmentation!"),
    "transcribe": ("Transcription done!", "Something went wrong during the transcription!"),
}
"""eScriptorium's own, by its messages for translators: when it is well, and when not."""

NOUNS: dict[Process, str] = {"segment": "segmentation", "transcribe": "transcription"}


def at(moment: float, text: str) -> str:
    """Puts the time before a line of a report."""
    return f"{time_of_day(moment)}  {text}"


def gathered(pages: int, lines: int, wish: Wish) -> str:
    """Says what the job is."""
    with_lines = f" with {count(lines, 'line')}" if wish.process == "transcribe" else ""
    return (
        f"The pool has the {NOUNS[wish.process]} of {count(pages, 'page')}{with_lines}, pressed together, as one job."
    )


def happened(row: EventRow, site: str) -> str:
    """Says what happened to a job; nothing where the reader knows it already, or will be told otherwise."""
    said = {
        JobState.WAITING: f"It waits. {row.message}",
        JobState.PLACED: f"It goes to {site} ({row.message}).",
        JobState.STAGING: f"Its pages are sent to {site}: {row.message}.",
        JobState.SEGMENTING: f"{site} has it: {row.message}.",
        JobState.TRANSCRIBING: f"{site} has it: {row.message}.",
        JobState.RETURNING: "All pages are done; they come home.",
    }.get(row.state, "")
    return at(row.at, said) if said else ""


def segmented(lines: int, regions: int, site: str) -> str:
    """Says what was written on a page."""
    return f"{count(lines, 'line')} and {count(regions, 'region')} were found on {site}, and written."


def transcribed(lines: int, gone: int, site: str) -> str:
    """Says the same of texts, and of how many lines are gone."""
    said = f"{count(lines, 'line')} were read on {site}, and written."
    return f"{said} {count(gone, 'line')} more were read that are not there any more." if gone else said


NOTHING_TO_READ = "It has no lines: there is nothing to read."


def wrong(sentence: str, reasons: Sequence[str]) -> str:
    """Tells that pages failed, and why the first of them did."""
    more = len(reasons) - MOST_REASONS
    rest = [f"And {count(more, 'more page')}."] if more > 0 else []
    return " ".join([sentence, *dict.fromkeys(reasons[:MOST_REASONS]), *rest])
