"""Which of two models reads better, and how far that can be trusted."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING

from armarius.client.words import count, exactly
from armarius.functions.contracts import BadInput, Metrics

if TYPE_CHECKING:
    from armarius.client.job import JobResult

RESAMPLES = 1000
SEED = 20040517
"""Any; fixed, so that the same readings always give the same answer."""


@dataclass(frozen=True)
class Comparison:
    """Two models that read the same lines.

    Attributes:
        first: The character error rate of the first model.
        second: That of the second.
        difference: ``second - first``: below zero, the second makes fewer errors.
        range: Where the difference lies in 95 % of resamples of the lines.
        improves: The share of resamples in which the second makes fewer errors.
        lines: How many lines both read.
    """

    first: float
    second: float
    difference: float
    range: tuple[float, float]
    improves: float
    lines: int

    @property
    def differ(self) -> bool:
        """Whether the range leaves out zero: one of the two can be said to be better."""
        return self.range[0] > 0 or self.range[1] < 0

    def __str__(self) -> str:
        least, most = (f"{100 * end:+.2f}" for end in self.range)
        return (
            f"CER {exactly(self.first)} and {exactly(self.second)} on {count(self.lines, 'line')}: the second's lies "
            f"{100 * self.difference:+.2f} points from the first's ({least} to {most}), "
            f"and below it in {100 * self.improves:.1f} % of resamples"
        )


def compare(first: "JobResult", second: "JobResult") -> Comparison:
    """Tells how much better or worse the second of two models reads, and how sure that is.

    The paired bootstrap over lines: as many lines as there are, are drawn with replacement, a thousand times over, and
    each time both models are measured on the same draw (M. Bisani and H. Ney, "Bootstrap estimates for confidence
    intervals in ASR performance evaluation", ICASSP 2004, vol. 1, pp. 409-412, which calls ``improves`` the
    probability of improvement). What makes a line hard for both cancels out, so it can tell two models apart whose own
    ranges overlap. It takes lines as independent of each other: for other pages and hands the true range is wider.

    Args:
        first: What an evaluation brought, or a training with test pages.
        second: The same of another model, on the very same pages.

    Raises:
        BadInput: They did not read the same lines, or fewer than two.
    """
    one, other = _metrics(first), _metrics(second)
    if first.dataset != second.dataset or one.split != other.split or one.lines != other.lines:
        raise BadInput(
            "The two models did not read the same lines.", "Measure both with Pool.evaluate, on the same pages."
        )
    differences = _resampled(list(zip(one.counts, other.counts, strict=True)))
    if len(differences) < 2:
        raise BadInput(f"{count(one.lines, 'line')} cannot tell two models apart.", "Measure both on more pages.")
    fortieths = quantiles(differences, n=40, method="inclusive")
    return Comparison(
        first=one.cer,
        second=other.cer,
        difference=other.cer - one.cer,
        range=(fortieths[0], fortieths[-1]),
        improves=sum(each < 0 for each in differences) / len(differences),
        lines=one.lines,
    )


def _metrics(result: "JobResult") -> Metrics:
    metrics = result.metrics
    if not isinstance(metrics, Metrics):
        raise BadInput(f"{result.output.name} is no measurement of a model that reads lines.")
    if len(metrics.counts) != metrics.lines:
        raise BadInput(f"{result.output.name} does not tell of single lines.", "Measure the model again.")
    return metrics


Pair = tuple[tuple[int, int], tuple[int, int]]
"""Of one line and two models: edits and characters of the one, and of the other."""


def _resampled(lines: Sequence[Pair]) -> list[float]:
    """Returns the difference of the error rates in each resample; none where fewer than two lines were read."""
    if len(lines) < 2:
        return []
    chance = random.Random(SEED)  # noqa: S311 - no secret
    differences = []
    for _ in range(RESAMPLES):
        drawn = chance.choices(lines, k=len(lines))
        ones, others = sum(one[1] for one, _ in drawn), sum(other[1] for _, other in drawn)
        if ones and others:
            differences.append(sum(other[0] for _, other in drawn) / others - sum(one[0] for one, _ in drawn) / ones)
    return differences
