"""The epochs of a job, over all its runs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from armarius.client.report.facts import Facts
from armarius.client.words import count
from armarius.functions.contracts import Phase, Progress


@dataclass(frozen=True)
class EpochFigures:
    """The figures of one epoch, as ``Epoch`` names them; where only its end was heard of, the last three are None."""

    number: int
    step: int
    accuracy: float
    loss: float | None
    word_accuracy: float | None
    baseline_f1: float | None
    seconds: float | None
    recomputed: int | None = None
    left_out: int | None = None


def epochs_of(facts: Facts) -> tuple[EpochFigures, ...]:
    """Returns every epoch that counts, in order.

    Reports say most, but a run that is under way or died has none; what it did is known from its progress. An epoch
    that was done again after a run was lost counts once, as it was done last.
    """
    reported = _reported(facts)
    if facts.training and facts.training.epochs:
        return tuple(reported.values())
    heard = _heard(facts.progress)
    if not heard:
        return tuple(reported.values())
    return tuple(_better_known(epoch, reported.get(number)) for number, epoch in heard.items())


def best_of(facts: Facts, epochs: Sequence[EpochFigures]) -> EpochFigures | None:
    """Returns the epoch whose weights the model has, or would have if the training ended now."""
    named = facts.training.best_epoch if facts.training else None
    chosen = [epoch for epoch in epochs if epoch.number == named]
    return chosen[0] if chosen else max(epochs, key=lambda epoch: epoch.accuracy, default=None)


def mended(epochs: Sequence[EpochFigures]) -> tuple[str, ...]:
    """Tells of the steps whose gradients were no numbers; nothing where all were."""
    again, out = sum(epoch.recomputed or 0 for epoch in epochs), sum(epoch.left_out or 0 for epoch in epochs)
    told = (
        f"Computed again in 32 bits, for the gradients were no numbers at first: {count(again, 'step')}. Some "
        "processors do that in 16 bits, and nothing is lost.",
        f"Left out, for the gradients were no numbers in 32 bits either: {count(out, 'step')}. A lower learning rate "
        "may help.",
    )
    return tuple(said for said, steps in zip(told, (again, out), strict=True) if steps)


def _reported(facts: Facts) -> dict[int, EpochFigures]:
    known: dict[int, EpochFigures] = {}
    for attempt in facts.attempts:
        if attempt.training and attempt.training.epochs:
            known = _until(known, attempt.training.epochs[0].number - 1)
            known |= {epoch.number: EpochFigures(**epoch.model_dump()) for epoch in attempt.training.epochs}
    return known


def _heard(progress: Iterable[Progress]) -> dict[int, EpochFigures]:
    """Each line of a training says how many epochs are done: those beyond were lost and will be done again."""
    known: dict[int, EpochFigures] = {}
    for line in progress:
        if line.phase in (Phase.CALIBRATING, Phase.TRAINING, Phase.VALIDATING):
            known = _until(known, line.epoch)
            if line.ends_epoch and line.accuracy is not None:
                known[line.epoch] = EpochFigures(
                    line.epoch, line.step, line.accuracy, line.loss, line.word_accuracy, line.baseline_f1, None
                )
    return known


def _until(known: dict[int, EpochFigures], last: int) -> dict[int, EpochFigures]:
    return {number: epoch for number, epoch in known.items() if number <= last}


def _better_known(heard: EpochFigures, reported: EpochFigures | None) -> EpochFigures:
    same = reported is not None and (reported.step, reported.accuracy) == (heard.step, heard.accuracy)
    return reported if reported and same else heard
