"""The outcome in one sentence, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from armarius.client.foresight import end_of
from armarius.client.jobs.state import JobState
from armarius.client.naming import NOT_BETTER
from armarius.client.report import pagework
from armarius.client.report.comparison import verdict
from armarius.client.report.epochs import EpochFigures, best_of
from armarius.client.report.facts import Facts, Status
from armarius.client.words import count, duration
from armarius.functions.contracts import AnyMetrics, Reason, Split

RESUME = "armarius resume"
WATCH = "armarius watch"

_ADVICE = {
    Reason.WALLTIME: "Offer a longer walltime in the site file, then let the job go on.",
    Reason.OUT_OF_MEMORY: "Add a shape with more memory to the site file or {less_memory}. "
    "When it goes on, the job takes the next larger shape, else less memory if it can.",
    Reason.OUT_OF_GPU_MEMORY: "Add a shape with a larger GPU to the site file or {less_memory}. "
    "When it goes on, the job takes the next larger shape, else less memory if it can.",
    Reason.DISK_FULL: "Make room on the site's scratch, then let the job go on.",
    Reason.READ_ONLY: "Ask the site's operator why its scratch cannot be written, then let the job go on.",
    Reason.JOB_CANCELLED: "Ask the site's operator why the job was cancelled, then let it go on.",
    Reason.BAD_DATA: "Correct the pages that the message names and train again: corrected pages are a new dataset.",
    Reason.BAD_MODEL: "Check the base model (is it a kraken {name} model, whole?) and train again.",
    Reason.BAD_PARAMETERS: "Correct the parameter that the message names and train again.",
    Reason.NO_IMPROVEMENT: "Train longer (raise --epochs, --min-epochs and --lag), add pages, or start from a model of "
    "similar ones (--load).",
    Reason.ENGINE_MISSING: "Ask the site's operator to repair its kraken environment, then let the job go on.",
}
_OTHERWISE = "When the cause is gone, let the job go on; it starts from its newest checkpoint."

_ADVICE_FOR_PAGES = {
    Reason.OUT_OF_MEMORY: "Add a shape with more memory to the site file, then let the job go on.",
    Reason.OUT_OF_GPU_MEMORY: "Add a shape with a larger GPU to the site file, then let the job go on.",
    Reason.BAD_DATA: "Give other pages, in another job.",
    Reason.BAD_MODEL: "Check the model that the message names (is it a kraken model, whole?) and ask again.",
    Reason.BAD_PARAMETERS: "Correct the parameter that the message names and ask again.",
}
_PAGES_OTHERWISE = "When the cause is gone, let the job go on; pages that are done are not done again."

_BEGIN_AGAIN = frozenset({Reason.BAD_DATA, Reason.BAD_MODEL, Reason.BAD_PARAMETERS, Reason.NO_IMPROVEMENT})
"""Causes that lie in the job itself: only another job cures them."""


@dataclass(frozen=True)
class Headline:
    """What a reader should know first.

    Attributes:
        sentence: The outcome.
        cause: Why it ended without a result, or without a better one; else empty.
        advice: What to do next; empty where there is nothing to do.
        command: What to type for it; empty where no command helps.
        note: How far the figures can be trusted; empty where there is nothing to add.
        heading: Of the cause.
    """

    sentence: str
    cause: str = ""
    advice: str = ""
    command: str = ""
    note: str = ""
    heading: str = "Why"


def headline(facts: Facts, epochs: Sequence[EpochFigures]) -> Headline:
    """Returns the outcome of a job, or how it stands."""
    if facts.status is Status.DONE and facts.improved is False:
        return _not_better(facts)
    if facts.status is Status.DONE:
        return Headline(_done(facts), note="" if facts.is_of_pages else _note(facts))
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


def _not_better(facts: Facts) -> Headline:
    cause = verdict(facts.training) if facts.training else ""
    advice = (
        f'Keep the base model. What was trained is there all the same, under a name that ends in "{NOT_BETTER}". More '
        "pages, or a lower --lrate, may help another training."
    )
    return Headline(_done(facts), cause, advice, note=_note(facts), heading="No better than its base model")


def _seen(facts: Facts, metrics: AnyMetrics) -> str:
    """Says what it was measured on, and what that was to the training; what a base model saw before is not known."""
    measured_on = facts.wording.measured_on(metrics)
    if metrics.split == Split.VALIDATION.value:
        return f"the {measured_on} that chose its best epoch"
    kept = "kept apart from this training" if facts.request.starts_from_a_model else "it never saw"
    return f"{measured_on} {kept}"


def _done(facts: Facts) -> str:
    spent = f"in {duration(facts.seconds)} on {_and(facts.sites)}"
    if facts.is_of_pages:
        return pagework.done(facts, spent)
    if not facts.trains:
        said = f": the model {_good_at(facts, facts.wording.measured_on(facts.metrics))}" if facts.metrics else ""
        return f"Evaluated {spent}{said}."
    said = f"; {_good_at(facts, _seen(facts, facts.metrics))}" if facts.metrics else ""
    in_vain = " without becoming better" if facts.improved is False else ""
    return f"Trained {spent}{in_vain}{said}."


def _good_at(facts: Facts, what: str) -> str:
    return facts.wording.good_at(facts.metrics, what)


def _note(facts: Facts) -> str:
    if not facts.metrics:
        return "There is no measurement of how good it is."
    notes = [facts.wording.trust(facts.metrics)]
    if facts.trains and facts.metrics.split == Split.VALIDATION.value:
        notes.append(
            "No pages were kept apart for measuring. The model did not train on these, but they chose its best epoch: "
            "expect somewhat more errors on new pages. Keep some apart with --held-out or --test."
        )
    return " ".join(filter(None, notes))


def _failed(facts: Facts, epochs: Sequence[EpochFigures]) -> Headline:
    reason = facts.report.reason if facts.report else None
    cause = facts.error or (facts.report.message if facts.report else "") or "Nothing is known of the cause."
    known, otherwise = _ADVICE, _OTHERWISE
    if facts.is_of_pages:
        known, otherwise = {**_ADVICE, **_ADVICE_FOR_PAGES}, _PAGES_OTHERWISE
    advice = known.get(reason, otherwise) if reason else otherwise
    advice = advice.format(name=facts.wording.name, less_memory=facts.wording.less_memory)
    command = "" if reason in _BEGIN_AGAIN else f"{RESUME} {facts.id}"
    where = f" on {facts.last.site}" if facts.last else ""
    return Headline(f"Failed{where}{_so_far(facts, epochs)}.", cause, advice, command, heading="Why it failed")


def _so_far(facts: Facts, epochs: Sequence[EpochFigures]) -> str:
    """Says what was reached before the end."""
    if not facts.attempts:
        return " before it reached a site"
    if facts.is_of_pages:
        return pagework.so_far(facts)
    if not facts.trains:
        return " before a result was there"
    best = best_of(facts, epochs)
    if best is None:
        return " before the first epoch was done"
    return f" after {count(len(epochs), 'epoch')}, the best of which {facts.wording.reached(best.accuracy)}"


def _under_way(facts: Facts, epochs: Sequence[EpochFigures]) -> str:
    where = f" on {facts.last.site}" if facts.last else ""
    if not facts.state.computing:
        return f"{_PREPARING.get(facts.state, 'Under way')}{where}."
    if facts.is_of_pages:
        return pagework.under_way(facts, where)
    if not facts.trains:
        return f"Evaluating{where}."
    foretold = end_of(facts.progress[-1]) if facts.progress else ""
    rest = f", {foretold}" if foretold else ""
    best = best_of(facts, epochs)
    so_far = f", the best {facts.wording.reached(best.accuracy)}" if best else ""
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
