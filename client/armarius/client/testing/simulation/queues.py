"""The queue of a simulated site: how long it is from hour to hour."""

import math
import random
from statistics import NormalDist

from armarius.client.testing.simulation.published import MEMORY, SPREAD

SCATTER = 0.5
"""Standard deviation of the logarithm of single waits around the level of their hour: an assumption."""

_NORMAL = NormalDist()


def levels(chance: random.Random, mean: float, empty: float, hours: int) -> tuple[float, ...]:
    """Draws the level of a queue, hour by hour, in seconds: it wanders, and is nothing for a share of the time.

    A wait is taken to be in proportion to what is pending.

    Args:
        chance: The dice.
        mean: Over all hours.
        empty: The share of the hours in which nobody waits.
        hours: How many.
    """
    found, at = [], chance.gauss(0, 1)
    for _ in range(hours):
        found.append(mean / (1 - empty) * _busy((_NORMAL.cdf(at) - empty) / (1 - empty)))
        at = MEMORY * at + math.sqrt(1 - MEMORY**2) * chance.gauss(0, 1)
    return tuple(found)


def _busy(share: float) -> float:
    """Returns how busy a queue is, over its mean while it is not empty, by how many such hours are quieter."""
    if share <= 0:
        return 0.0
    return math.exp(SPREAD * _NORMAL.inv_cdf(min(share, 1 - 1e-9)) - SPREAD**2 / 2)


def scattered(name: str, level: float) -> float:
    """Returns what a job waits at some level; the same for each who asks."""
    return level * math.exp(random.Random(name).gauss(0, SCATTER) - SCATTER**2 / 2) if level else 0.0  # noqa: S311
