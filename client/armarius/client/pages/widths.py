"""How wide the lines of a dataset will be for a network, from their outlines alone."""

import math
from collections.abc import Sequence
from statistics import fmean

from armarius.functions.contracts import Line, Manifest, Point, Split

MOST = 10_000
"""A line is not reckoned wider: its outline is no more than a stroke then, and kraken will leave it out."""


def line_widths(manifest: Manifest, height: int) -> list[int]:
    """Returns the pixels of each line to train on that has an outline, scaled to some height.

    Args:
        manifest: The dataset.
        height: That of the network's input.
    """
    return [_scaled(line, height) for line in manifest.transcribed_lines(Split.TRAIN) if line.boundary]


def usual_width(widths: Sequence[int]) -> float | None:
    """Returns the mean of those that kraken will not leave out; None where there are none."""
    usual = [width for width in widths if width < MOST]
    return fmean(usual) if usual else None


def _scaled(line: Line, height: int) -> int:
    """Returns the width of a line: kraken straightens its baseline and cuts out what the outline holds around it."""
    length = sum(math.dist(*pair) for pair in zip(line.baseline, line.baseline[1:], strict=False))
    extent = _extent(line)
    return MOST if length * height >= MOST * extent else max(1, int(length * height / extent))


def _extent(line: Line) -> float:
    """Returns how far the outline reaches across the direction of the baseline."""
    (x, y), (right, below) = line.baseline[0], line.baseline[-1]
    span = math.hypot(right - x, below - y) or 1.0
    across = [((right - x) * (py - y) - (below - y) * (px - x)) / span for px, py in _outline(line)]
    return max(across) - min(across)


def _outline(line: Line) -> tuple[Point, ...]:
    return (*(line.boundary or ()), *line.baseline)
