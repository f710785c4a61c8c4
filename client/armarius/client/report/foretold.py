"""What the calibration foretold, beside what happened."""

from collections.abc import Sequence
from dataclasses import dataclass

from armarius.client.report.epochs import EpochFigures
from armarius.client.report.facts import Attempt, Facts, Status
from armarius.client.words import NOTHING, duration, percent, size
from armarius.functions.contracts import CalibrationReport, Usage


@dataclass(frozen=True)
class Comparison:
    """One prediction and what came of it.

    Attributes:
        what: The quantity.
        low: The least that was foretold.
        high: The most.
        actual: What it was; None while that is not known.
        unit: How to write it: "seconds", "bytes" or "epochs".
        note: What the figures include.
    """

    what: str
    low: float
    high: float
    actual: float | None
    unit: str
    note: str = ""

    @property
    def foretold(self) -> str:
        """The prediction in words."""
        if self.low == self.high:
            return self._write(self.high)
        return f"{self._write(self.low)} to {self._write(self.high)}"

    @property
    def happened(self) -> str:
        """The fact in words."""
        return NOTHING if self.actual is None else self._write(self.actual)

    @property
    def verdict(self) -> str:
        """How far off the prediction was, in relation to its nearer end."""
        if self.actual is None:
            return "not known yet"
        if self.low <= self.actual <= self.high:
            return "as foretold"
        near, word = (self.low, "less") if self.actual < self.low else (self.high, "more")
        return f"{percent(abs(self.actual - near) / near)} {word}" if near else word

    @property
    def scale(self) -> float:
        """The figure at the right end of the drawing."""
        return max(self.high, self.actual or 0.0) * 1.15 or 1.0

    def _write(self, value: float) -> str:
        if self.unit == "seconds":
            return f"{value:.1f} s" if value < 100 else duration(value)
        return size(value) if self.unit == "bytes" else f"{value:.0f}"


def comparisons(facts: Facts, epochs: Sequence[EpochFigures]) -> tuple[Comparison, ...]:
    """Returns every prediction of the calibration; nothing where there was none."""
    if facts.calibrated is None:
        return ()
    attempt, calibration = facts.calibrated
    cost = calibration.cost
    rows = [
        Comparison("Rest of the training", *calibration.seconds_left, _rest(facts, attempt, calibration), "seconds",
                   "from the calibration to the tested model"),
        Comparison("Epochs", *calibration.epochs, len(epochs) if facts.status is Status.DONE else None, "epochs",
                   "when early stopping would end it, at the earliest and at the latest"),
        _per_epoch(calibration, epochs),
        Comparison("Peak memory", cost.memory, cost.memory, _peak(facts, "memory"), "bytes",
                   "of the engine; a fifth more is asked for"),
    ]  # fmt: skip
    if cost.gpu_memory is not None:
        rows.append(
            Comparison("Peak GPU memory", cost.gpu_memory, cost.gpu_memory, _peak(facts, "gpu_memory"), "bytes")
        )
    return tuple(rows)


def _rest(facts: Facts, first: Attempt, calibration: CalibrationReport) -> float | None:
    """Returns the seconds spent on training after the calibration; setting up again for each run is not training."""
    if facts.status is not Status.DONE:
        return None
    usages = [each.report.usage for each in facts.attempts if each.report and each.number >= first.number]
    return max(0.0, sum(usage.seconds - usage.setup_seconds for usage in usages) - calibration.seconds)


def _per_epoch(calibration: CalibrationReport, epochs: Sequence[EpochFigures]) -> Comparison:
    cost = calibration.cost
    foretold = cost.pixels_per_epoch * cost.seconds_per_pixel + cost.validation_seconds
    timed = [epoch.seconds for epoch in epochs if epoch.seconds is not None]
    mean = sum(timed) / len(timed) if timed else None
    return Comparison("One epoch", foretold, foretold, mean, "seconds", "training and validation, on average")


def _reported(usage: Usage, what: str) -> int | None:
    """Returns what a report tells; those of older releases tell of the whole run alone."""
    return usage.training_memory or usage.memory if what == "memory" else usage.gpu_memory


def _peak(facts: Facts, what: str) -> float | None:
    """Returns the most that any run took for training, as its report or its progress says.

    What was tried before the training is not among it: it was not foretold, either.
    """
    reported = [_reported(each.report.usage, what) for each in facts.attempts if each.report]
    heard = [getattr(line, what) for line in facts.progress]
    return max((value for value in reported + heard if value is not None), default=None)
