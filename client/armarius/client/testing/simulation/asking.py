"""What is asked of a simulated pool: how long trainings are, and when people come with them."""

import math
import random

from armarius.client.testing.simulation.published import LONG, LONGEST, SHORT, SHORT_SHARE, TIME_OF_DAY

DAY = 86_400.0
HALF_HOUR = 1800.0


def length(chance: random.Random) -> float:
    """Draws the seconds of a training on a site of the usual speed."""
    while True:
        logarithm = chance.gammavariate(*(SHORT if chance.random() <= SHORT_SHARE else LONG))
        if logarithm <= LONGEST:
            return math.exp(logarithm)


def arrival(chance: random.Random, days: int) -> float:
    """Draws when somebody comes, in seconds from the first midnight: on any of some days, most after noon."""
    time_of_day = HALF_HOUR * chance.gammavariate(*TIME_OF_DAY)
    return DAY * chance.randrange(days) + time_of_day % DAY
