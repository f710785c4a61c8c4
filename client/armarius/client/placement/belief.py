"""From few measurements to a number to reckon with. Pure arithmetic.

A median is robust: one run beside a full disk says nothing of a site. With few measurements it is drawn to what was
expected without any (shrinkage), and a site that was hardly tried is reckoned better than it may be: so it gets tried,
and what is then measured corrects the belief (optimism under uncertainty).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

PRIOR_WEIGHT = 2.0
"""What was expected counts like so many measurements, of what scatters much, such as waits in a queue."""

OPTIMISM = 0.3
"""A site without any measurement is reckoned a quarter faster than expected; after three runs a fourteenth, after ten
a fortieth."""


@dataclass(frozen=True)
class Belief:
    """A number to reckon with.

    Attributes:
        value: The number.
        measured: How many measurements it rests on.
    """

    value: float
    measured: int = 0


def believed(values: Sequence[float], expected: float, *, hopeful: bool = False, prior: float = PRIOR_WEIGHT) -> Belief:
    """Returns what to reckon with for a positive quantity of which less is better.

    Args:
        values: What was measured; those that are not positive do not count.
        expected: What is expected without a measurement; positive.
        hopeful: Whether to reckon with less while little was measured.
        prior: How many measurements the expectation counts for: the square of how much the measurements of one site
            scatter, over that of how much sites do.
    """
    logs = [math.log(value) for value in values if value > 0]
    count = len(logs)
    measured = median(logs) if logs else 0.0
    mean = (count * measured + prior * math.log(expected)) / (count + prior)
    hope = OPTIMISM / (count + 1) if hopeful else 0.0
    return Belief(math.exp(mean - hope), count)
