"""How wide the lines of a dataset will be for a network, from their outlines alone."""

import math

from armarius.functions.contracts import Line, Manifest, Point, Split

MOST = 10_000
"""A line is not reckoned wider: its outline is no more than a stroke then, and kraken will leave it out."""


def widest_line(manifest: Manifest, height: int) -> int | None:
    """Returns the pixels of the widest line to train on, scaled to some height; None where no line has an outline.

    Args:
        manifest: The dataset.
        height: That of the network's input.
    """
    return max(
        (_scaled(line, height) for line in manifest.transcribed_lines(Split.TRAIN) if line.boundary), default=None
    )


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
