"""Whether it pays to share a GPU: how fast runs were with neighbours and alone. Pure arithmetic."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import mean, median

from armarius.client.words import count

ALONE = 0.5
"""Neighbours in the mean below which a run counts as alone."""

FAIR_LOSS = 0.95
"""Done together over done one after the other from which on sharing costs more than the measurements vary."""


@dataclass(frozen=True)
class Measured:
    """What one run measured on a share.

    Attributes:
        shape: Where.
        network: What was trained; runs are compared with those of the same.
        neighbours: Other runs on its GPU, in the mean.
        seconds_per_pixel: How fast it was.
    """

    shape: str
    network: str
    neighbours: float
    seconds_per_pixel: float


@dataclass(frozen=True)
class Sharing:
    """How the runs of one network fared on the shares of one shape.

    Attributes:
        shape: Which shape.
        network: Which network.
        alone: Runs that were alone.
        together: Runs that had neighbours.
        neighbours: How many those had, in the mean; 0 where none had.
        slowdown: Their time over that of a run alone; None where one of the two was never measured.
    """

    shape: str
    network: str
    alone: int
    together: int
    neighbours: float = 0.0
    slowdown: float | None = None

    @property
    def gain(self) -> float | None:
        """What is done together over what would be done one after the other in the same time; below 1 it is less."""
        return None if self.slowdown is None else (1 + self.neighbours) / self.slowdown

    def __str__(self) -> str:
        """Says it in a sentence."""
        runs = f"{count(self.alone, 'run')} alone, {count(self.together, 'run')} with neighbours"
        if self.gain is None or self.slowdown is None:
            return f"{runs}: not known yet"
        said = f"{runs}: with {self.neighbours:.1f} neighbours a run takes {self.slowdown:.2f} times as long"
        if self.gain < FAIR_LOSS:
            return f"{said}; one after the other they would be done sooner: lower sharing"
        return f"{said}; {self.gain:.2f} times as much is done as one after the other"


def compared(runs: Iterable[Measured]) -> list[Sharing]:
    """Compares runs with neighbours to runs alone, by shape and network."""
    groups: dict[tuple[str, str], list[Measured]] = defaultdict(list)
    for run in runs:
        groups[run.shape, run.network].append(run)
    return [_compared(shape, network, group) for (shape, network), group in sorted(groups.items())]


def _compared(shape: str, network: str, runs: list[Measured]) -> Sharing:
    alone = [run.seconds_per_pixel for run in runs if run.neighbours < ALONE]
    together = [run for run in runs if run.neighbours >= ALONE]
    if not alone or not together:
        return Sharing(shape, network, len(alone), len(together))
    slowdown = median(run.seconds_per_pixel for run in together) / median(alone)
    return Sharing(shape, network, len(alone), len(together), mean(run.neighbours for run in together), slowdown)
