"""Which batch size and arithmetic to train with: what to try, and when to be content. Pure arithmetic."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from armarius.functions.contracts import Choice, Trial
from armarius.functions.contracts.parameters import Precision

FASTER = 0.9
"""Seconds of an epoch in another arithmetic over those in 32 bits that make it worth taking."""

DOUBLED = 2 / 3
"""The same of twice the batch, which halves the steps from which an epoch learns.

Trained on 179 lines for 20 epochs with one learning rate, batches of 2 and of 4 came to where single lines were after
12.6 and 9.6 (``benchmarks/README.md``): each doubling has to make an epoch half as fast again."""

FEWEST_STEPS = 100
"""An epoch keeps so many steps, however fast larger batches are."""

MOST_LINES = 64
"""No batch is chosen larger than this."""

WORTHWHILE = 30.0
"""Seconds of training below which a search would take longer than it saves.

One more way costs a second and five steps; another arithmetic, where there is one, saves a fifth of what is to come
with single lines and two fifths with eight (``benchmarks/README.md``)."""


@dataclass(frozen=True)
class Wish:
    """What to try."""

    batch_size: int
    precision: Precision

    def __str__(self) -> str:
        return f"batch size {self.batch_size} in {self.precision}"


Try = Callable[[Wish], Trial]
"""Trains some steps in one way and says what it came to."""


def batch_sizes(lines: int) -> list[int]:
    """Returns the batch sizes to try for so many lines: doubled again and again, while an epoch keeps enough steps."""
    sizes = [1]
    while 2 * sizes[-1] <= MOST_LINES and lines / (2 * sizes[-1]) >= FEWEST_STEPS:
        sizes.append(2 * sizes[-1])
    return sizes


def choose(attempt: Try, sizes: Sequence[int], precisions: Sequence[Precision], epochs: int) -> Choice:
    """Finds out how to train: first the arithmetic with the smallest batch, then the batch.

    Args:
        attempt: Tries one way.
        sizes: Batch sizes, smallest first.
        precisions: The arithmetic, 32 bits first where it is not given.
        epochs: How many the training has at least.

    Returns:
        The fastest, as far as it is worth it, and all that was tried. Where not even the smallest fits, it is
        returned all the same: the training will say so.
    """
    trials: list[Trial] = []

    def tried(size: int, precision: Precision) -> Trial:
        trials.append(attempt(Wish(size, precision)))
        return trials[-1]

    best = tried(sizes[0], precisions[0])
    if best.epoch_seconds is not None and best.epoch_seconds * epochs < WORTHWHILE:
        return _choice(best, trials)
    for precision in precisions[1:]:
        best = _better(best, tried(sizes[0], precision), FASTER)
    for size in sizes[1:]:
        larger = _better(best, tried(size, best.precision), DOUBLED)
        if larger is best:
            break
        best = larger
    return _choice(best, trials)


def _better(best: Trial, other: Trial, by: float) -> Trial:
    """Returns the other one if it takes at most so much of the time."""
    if other.epoch_seconds is None:
        return best
    return other if best.epoch_seconds is None or other.epoch_seconds <= by * best.epoch_seconds else best


def _choice(best: Trial, trials: Sequence[Trial]) -> Choice:
    return Choice(batch_size=best.batch_size, precision=best.precision, trials=tuple(trials))
