"""What people are told of a training: in notifications, and line by line in its report."""

from collections.abc import Sequence
from datetime import datetime

from armarius.client.errors import shown
from armarius.client.foresight import end_of
from armarius.client.jobs.places import identity_of, site_of
from armarius.client.jobs.state import JobState
from armarius.client.journal import EventRow, JobRow
from armarius.client.pages import PackedDataset, Problem
from armarius.client.words import count, duration, percent, time_of_day
from armarius.functions.contracts import Progress, Reason, Split, TrainReport

MOST_PROBLEMS = 50

SOON = 60.0
"""Seconds: a training that begins before is not said to wait."""

NEXT_STEPS = {
    Reason.OUT_OF_MEMORY: "Train with fewer or smaller pages, or ask the administrators for larger machines.",
    Reason.OUT_OF_GPU_MEMORY: "Ask the administrators for a larger GPU or a smaller batch.",
    Reason.BAD_DATA: "Correct the pages that are named, and train again.",
    Reason.BAD_MODEL: "Start from another model: this one is damaged, or was made for something else.",
    Reason.BAD_PARAMETERS: "Tell the administrators: the parameters that they have set cannot be used.",
    Reason.NO_IMPROVEMENT: "Add pages, or start from a model of a similar script.",
}
ELSE = "Train again; if it fails again, show this report to the administrators."


def at(moment: float, text: str) -> str:
    """Puts the time before a line of a report."""
    return f"{time_of_day(moment)}  {text}"


def zone(moment: float) -> str:
    """Names the time of this server, as in the reports."""
    return datetime.fromtimestamp(moment).astimezone().tzname() or ""


def begun(name: str, moment: float) -> str:
    """Begins a report."""
    return at(moment, f"The pool has the training of {name!r}. Times are {zone(moment)}.")


def gathered(packed: PackedDataset) -> list[str]:
    """Says what is trained on, and everything that is not, with its reason."""
    manifest = packed.manifest
    texts = {split: sum(1 for _ in manifest.transcribed_lines(split)) for split in Split}
    pages = len({page.image.sha256 for page in manifest.pages})
    lines = sum(len(page.lines) for page in manifest.pages)
    said = [f"{count(pages, 'page')} with {count(lines, 'line')} were gathered."]
    if texts[Split.TRAIN]:
        said.append(f"{texts[Split.TRAIN]} texts train, {texts[Split.VALIDATION]} others choose the best epoch.")
    return [" ".join(said), *left_out(packed.problems)]


def left_out(problems: Sequence[Problem]) -> list[str]:
    """Lists what was left out."""
    told = [f"  {shown(each.file)}: {each.what}" for each in problems]
    more = len(told) - MOST_PROBLEMS
    return told[:MOST_PROBLEMS] + ([f"  … and {count(more, 'thing')} more"] if more > 0 else [])


def happened(row: EventRow, site: str) -> str:
    """Says what happened to a job; nothing where the user knows it already, or will be told otherwise."""
    return {
        JobState.WAITING: f"It waits. {row.message}",
        JobState.PLACED: f"It goes to {site} ({row.message}).",
        JobState.STAGING: f"Its pages are sent to {site}: {row.message}.",
        JobState.CALIBRATING: f"{site} has it: {row.message}.",
        JobState.TRAINING: f"It trains on {site}: {row.message}.",
        JobState.RETURNING: "The training has ended; the model comes home.",
    }.get(row.state, "")


def event(row: EventRow, site: str) -> str:
    """Says the same as a line of a report."""
    said = happened(row, site)
    return at(row.at, said) if said else ""


def handed_over(row: EventRow, site: str, starts_in: float | None) -> str:
    """Says that a site has a training, and when its scheduler would begin it, if that is known."""
    return at(row.at, f"{site} has it: {row.message}. It {_starts(starts_in)}.")


def epoch(line: Progress) -> str:
    """Says what an epoch came to."""
    left = f"; {_ends(line)}" if line.seconds_left else ""
    return at(line.at, f"Epoch {line.epoch}: accuracy {percent(line.accuracy)}{left}")


def where(place: str) -> str:
    """Says where a run is, to the one whose account it may use."""
    own = ", under your own account" if identity_of(place) else ""
    return f"{site_of(place)}{own}"


def waits(name: str, site: str, starts_in: float | None) -> str:
    """Tells that a training was handed over, and when it begins."""
    return f"The training of {name!r} was handed to {site} and {_starts(starts_in)}."


def held_back(name: str, why: str) -> str:
    """Tells that a training must wait, and for what."""
    return f"The training of {name!r} waits. {why}"


def _starts(seconds: float | None) -> str:
    """Says when a scheduler would begin a training. It supposes that nobody ends early, so it is mostly too long."""
    if seconds is None:
        return "begins as soon as a machine is free"
    return f"starts in about {duration(seconds)}, or sooner" if seconds >= SOON else "starts at once"


def foretold(name: str, site: str, line: Progress) -> str:
    """Tells where a training runs and when it ends."""
    return f"{name!r} is being trained on {site}: {_ends(line)}."


def _ends(line: Progress) -> str:
    """Says when a training ends, by the clock of the server: the reader may be elsewhere."""
    return f"{end_of(line)} {zone(line.at)}"


ACCOUNT_PAGE = "Connect it again on the page of your HPC account"


def waits_for_account(what: str) -> str:
    """Tells that something waits for its user."""
    return f"The {what} waits: your HPC account is not connected any more. {ACCOUNT_PAGE}."


def given_to_pool(what: str) -> str:
    """Tells that something goes on without its user's account."""
    return (
        f"Your HPC account is not connected any more: the {what} goes on under that of this "
        f"eScriptorium. {ACCOUNT_PAGE} before your next one."
    )


def finished(name: str, report: TrainReport, site: str) -> str:
    """Tells that there is a model."""
    best = f" Its best epoch is {report.best_epoch} of {len(report.epochs)}." if report.best_epoch else ""
    return f"Training finished! {name!r} was trained on {site}.{best}"


def no_better_start(name: str, report: TrainReport, site: str) -> str:
    """Tells of a new model that it is no better than what it was begun from."""
    return f"{finished(name, report, site)} But no epoch did better in validation than the model it was begun from."


NOT_BETTER = "Training didn't get better results than base model! The model is as it was before."


_FAILED = "The training of "


def failed(name: str, why: str, step: str) -> str:
    """Tells that there is no model, why, and what to do next."""
    return f"{_FAILED}{name!r} failed. {why} {step}".strip()


def tells_failure(outcome: str) -> bool:
    """Tells whether an end that was told was a failure."""
    return outcome.startswith(_FAILED)


CANCELLED = "cancelled"
"""The outcome of a training that somebody wanted to end."""


def next_step(job: JobRow) -> str:
    """Returns what a user can do about a job that failed."""
    reported = job.run.report_json if job.run is not None else None
    reason = Reason(reported["reason"]) if reported and reported.get("reason") else None
    return NEXT_STEPS.get(reason, ELSE) if reason else ELSE
