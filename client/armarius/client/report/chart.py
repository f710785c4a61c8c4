"""The geometry of a line chart: from figures to places on paper. The template draws it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 480, 250
LEFT, RIGHT, TOP, BOTTOM = 58, 468, 14, 206


@dataclass(frozen=True)
class Point:
    """A figure with what is said about it when the pointer rests on it."""

    x: float
    y: float
    title: str = ""


@dataclass(frozen=True)
class Axis:
    """What is measured along one side.

    Attributes:
        label: With its unit.
        low: The figure at the origin.
        high: The figure at the other end.
        ticks: The figures that are written, with their texts.
    """

    label: str
    low: float
    high: float
    ticks: tuple[tuple[float, str], ...]

    def share(self, value: float) -> float:
        """Returns where on the axis a figure is, 0..1; what lies outside is drawn at the end."""
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))


@dataclass(frozen=True)
class Rule:
    """A straight line across the chart at one figure, with a text."""

    value: float
    label: str = ""


@dataclass(frozen=True)
class Chart:
    """Figures on two axes.

    Attributes:
        name: Lower-case letters; makes ids and colours.
        title: What it shows.
        summary: The same for people who cannot see it.
        lines: Each is drawn without a gap.
        column: A vertical rule.
        row: A horizontal rule.
        bands: Each is filled, as a polygon.
        marks: Single figures, each drawn as a dot.
    """

    name: str
    title: str
    summary: str
    x: Axis
    y: Axis
    lines: tuple[tuple[Point, ...], ...]
    column: Rule | None = None
    row: Rule | None = None
    bands: tuple[tuple[Point, ...], ...] = ()
    marks: tuple[Point, ...] = ()

    def across(self, value: float) -> float:
        """Returns how far from the left a figure is drawn."""
        return round(LEFT + self.x.share(value) * (RIGHT - LEFT), 1)

    def down(self, value: float) -> float:
        """Returns how far from the top a figure is drawn."""
        return round(BOTTOM - self.y.share(value) * (BOTTOM - TOP), 1)

    def path(self, line: Sequence[Point]) -> str:
        """Returns the corners of a line, as SVG writes them."""
        return " ".join(f"{self.across(point.x)},{self.down(point.y)}" for point in line)

    @property
    def dotted(self) -> bool:
        """Whether the points are few enough to be drawn one by one."""
        return sum(map(len, self.lines)) <= 60


def axis(label: str, low: float, high: float, form: str = "{:g}", *, scale: float = 1, whole: bool = False) -> Axis:
    """Makes an axis with four to seven round figures on it.

    Args:
        label: With its unit.
        low: The least figure it must hold.
        high: The greatest; it differs from the least in more than the last digits of a float, or not at all.
        form: How a figure is written.
        scale: What one written unit is worth, such as 60 for seconds written as minutes.
        whole: Whether there is nothing between 1 and 2.
    """
    high = high if high > low else low + scale
    step = _round_step((high - low) / scale / 5, whole) * scale
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    marks = [number * step for number in range(first, last + 1)]
    return Axis(label, low, high, tuple((mark, form.format(round(mark / scale, 9))) for mark in marks))


def time_unit(seconds: float) -> tuple[str, int]:
    """Returns the unit in which so long a time is written, and its worth in seconds."""
    units = (("hours", 3600), ("minutes", 60), ("seconds", 1))
    return next((name, worth) for name, worth in units if seconds >= 2 * worth or worth == 1)


def _round_step(least: float, whole: bool) -> float:
    """Returns the next of 1, 2, 5, 10 … that is not less."""
    if whole:
        least = max(1.0, least)
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= least * (1 - 1e-9))
