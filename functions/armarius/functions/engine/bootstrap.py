"""How far an error rate can be trusted: its range over resamples of the lines."""

import random
from collections.abc import Sequence
from statistics import quantiles

RESAMPLES = 1000
SEED = 20040517
"""Any; fixed, so that the same readings always give the same range."""

Counts = tuple[int, int]
"""The edits of a line, and the characters or words that they are counted against."""


def error_range(lines: Sequence[Counts]) -> tuple[float, float] | None:
    """Returns where the error rate lies in 95 % of resamples: the percentile bootstrap over lines.

    As many lines as there are, are drawn with replacement, and their edits divided by their length, a thousand times
    over (M. Bisani and H. Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", ICASSP
    2004, vol. 1, pp. 409-412). It tells how much hangs on which lines were measured. It takes them as independent of
    each other: lines of one page or one hand are alike, so for other pages and hands the true range is wider.

    Args:
        lines: Of each line that was read.

    Returns:
        The least and the most, or None where fewer than two lines, or nothing in them, could be counted.
    """
    chance = random.Random(SEED)  # noqa: S311 - no secret
    if len(lines) < 2:
        return None
    rates = []
    for _ in range(RESAMPLES):
        drawn = chance.choices(lines, k=len(lines))
        if length := sum(count for _, count in drawn):
            rates.append(sum(edits for edits, _ in drawn) / length)
    if len(rates) < 2:
        return None
    fortieths = quantiles(rates, n=40, method="inclusive")
    return fortieths[0], fortieths[-1]
