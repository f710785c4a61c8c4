"""The outcome in one sentence, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from armarius.client.jobs.state import JobState
from armarius.client.report.epochs import EpochFigures, best_of
from armarius.client.report.facts import Facts, Status
from armarius.client.words import count, duration, percent
from armarius.functions.contracts import Metrics, Reason, Split

RESUME = "armarius resume"
WATCH = "armarius watch"

_ADVICE = {
    Reason.WALLTIME: "Offer a longer walltime in the site file, then let the job go on.",
    Reason.OUT_OF_MEMORY: "Add a shape with more memory to the site file or train with a smaller --batch-size. "
    "When it goes on, the job takes the next larger shape, else half the batch.",
    Reason.OUT_OF_GPU_MEMORY: "Add a shape with a larger GPU to the site file or train with a smaller --batch-size. "
    "When it goes on, the job takes the next larger shape, else half the batch.",
    Reason.DISK_FULL: "Make room on the site's scratch, then let the job go on.",
    Reason.READ_ONLY: "Ask the site's operator why its scratch cannot be written, then let the job go on.",
    Reason.JOB_CANCELLED: "Ask the site's operator why the job was cancelled, then let it go on.",
    Reason.BAD_DATA: "Correct the pages that the message names and train again: corrected pages are a new dataset.",
    Reason.BAD_MODEL: "Check the base model (is it a kraken recognition model, whole?) and train again.",
    Reason.BAD_PARAMETERS: "Correct the parameter that the message names and train again.",
    Reason.NO_IMPROVEMENT: "Train longer (raise --min-epochs and --lag), add transcribed pages, or start from a model "
    "of a similar hand (--load).",
    Reason.ENGINE_MISSING: "Ask the site's operator to repair its kraken environment, then let the job go on.",
}
_OTHERWISE = "When the cause is gone, let the job go on; it starts from its newest checkpoint."

_BEGIN_AGAIN = frozenset({Reason.BAD_DATA, Reason.BAD_MODEL, Reason.BAD_PARAMETERS, Reason.NO_IMPROVEMENT})
"""Causes that lie in the job itself: only another job cures them."""


@dataclass(frozen=True)
class Headline:
    """What a reader should know first.

    Attributes:
        sentence: The outcome.
        cause: Why it ended without a result; else empty.
        advice: What to do next; empty where there is nothing to do.
        command: What to type for it; empty where no command helps.
        note: How far the figures can be trusted; empty where there is nothing to add.
    """

    sentence: str
    cause: str = ""
    advice: str = ""
    command: str = ""
    note: str = ""


def headline(facts: Facts, epochs: Sequence[EpochFigures]) -> Headline:
    """Returns the outcome of a job, or how it stands."""
    if facts.status is Status.DONE:
        return Headline(_done(facts), note=_note(facts))
    if facts.status is Status.FAILED:
        return _failed(facts, epochs)
    if facts.status is Status.CANCELLED:
        command = f"{RESUME} {facts.id}"
        return Headline(f"Cancelled{_so_far(facts, epochs)}.", advice="To go on after all:", command=command)
    if facts.status is Status.WAITING:
        cause = facts.events[-1].message if facts.events else ""
        advice = "It goes on by itself as soon as a site takes it, while somebody drives it:"
        return Headline("Waiting for a site.", cause, advice, f"{WATCH} {facts.id}")
    return Headline(_under_way(facts, epochs))


def reading(metrics: Metrics, lines: str) -> str:
    """Says how well a model reads, without the verb's subject."""
    if metrics.cer > 1:
        return f"makes more errors than there are characters (CER {percent(metrics.cer)})"
    share, cer = percent(1 - metrics.cer), percent(metrics.cer)
    return f"reads {share} of the characters of {lines} (CER {cer})"


def _lines(facts: Facts, metrics: Metrics) -> str:
    """Says what the lines were to the training; what a base model saw before is not known."""
    if metrics.split == Split.VALIDATION.value:
        return f"the {count(metrics.lines, 'line')} that chose its best epoch"
    kept = "kept apart from this training" if facts.request.model else "it never saw"
    return f"{count(metrics.lines, 'line')} {kept}"


def _done(facts: Facts) -> str:
    spent = f"in {duration(facts.seconds)} on {_and(facts.sites)}"
    if not facts.trains:
        lines = count(facts.metrics.lines, "line") if facts.metrics else ""
        said = f": the model {reading(facts.metrics, lines)}" if facts.metrics else ""
        return f"Evaluated {spent}{said}."
    said = f"; {reading(facts.metrics, _lines(facts, facts.metrics))}" if facts.metrics else ""
    return f"Trained {spent}{said}."


def _note(facts: Facts) -> str:
    if not facts.metrics:
        return "There is no measurement of how well it reads."
    if facts.trains and facts.metrics.split == Split.VALIDATION.value:
        return (
            "No pages were kept apart for measuring. The model did not train on these lines, but they chose its best "
            "epoch: expect somewhat more errors on new pages. Keep some apart with --held-out or --test."
        )
    return ""


def _failed(facts: Facts, epochs: Sequence[EpochFigures]) -> Headline:
    reason = facts.report.reason if facts.report else None
    cause = facts.error or (facts.report.message if facts.report else "") or "Nothing is known of the cause."
    advice = _ADVICE.get(reason, _OTHERWISE) if reason else _OTHERWISE
    command = "" if reason in _BEGIN_AGAIN else f"{RESUME} {facts.id}"
    where = f" on {facts.last.site}" if facts.last else ""
    return Headline(f"Failed{where}{_so_far(facts, epochs)}.", cause, advice, command)


def _so_far(facts: Facts, epochs: Sequence[EpochFigures]) -> str:
    """Says what was reached before the end."""
    if not facts.attempts:
        return " before it reached a site"
    if not facts.trains:
        return " before a result was there"
    best = best_of(facts, epochs)
    if best is None:
        return " before the first epoch was done"
    return f" after {count(len(epochs), 'epoch')}, the best of which read {percent(best.accuracy)} of the characters"


def _under_way(facts: Facts, epochs: Sequence[EpochFigures]) -> str:
    where = f" on {facts.last.site}" if facts.last else ""
    if not facts.state.computing:
        return f"{_PREPARING.get(facts.state, 'Under way')}{where}."
    if not facts.trains:
        return f"Evaluating{where}."
    left = facts.progress[-1].seconds_left if facts.progress else None
    rest = f", at most {duration(left)} left" if left is not None else ""
    best = best_of(facts, epochs)
    so_far = f", the best read {percent(best.accuracy)} of the characters" if best else ""
    return f"Training{where}: {count(len(epochs), 'epoch')} done{so_far}{rest}."


_PREPARING = {
    JobState.PACKED: "Packed, and not begun",
    JobState.PLACED: "About to begin",
    JobState.STAGING: "Sending pages; it will run",
    JobState.RETURNING: "Bringing results home after running",
}


def _and(names: Sequence[str]) -> str:
    if len(names) < 2:
        return "".join(names) or "no site"
    return f"{', '.join(names[:-1])} and {names[-1]}"
