"""Coordinates and numbers as ALTO and PAGE write them."""

import re
from itertools import groupby

from armarius.client.errors import BadPoints
from armarius.functions.contracts import Polygon

NUMBER = re.compile(r"[-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
BETWEEN = re.compile(r"[\s,;()]*")
FARTHEST = 1_000_000
"""No coordinate of a page image is larger."""


def parse_numbers(text: str) -> list[int]:
    """Reads numbers between blanks, commas or brackets; fractions are cut off, as kraken does.

    Raises:
        BadPoints: Something else stands there, or a number no image could have.
    """
    if not BETWEEN.fullmatch(NUMBER.sub(" ", text)):
        raise BadPoints(f"{text[:60]!r} are no coordinates.")
    values = [float(match) for match in NUMBER.findall(text)]
    if any(abs(value) > FARTHEST for value in values):
        raise BadPoints(f"{text[:60]!r} lies beyond every page.")
    return [int(value) for value in values]


def paired(numbers: list[int]) -> Polygon:
    """Makes points of numbers; of equal neighbours one remains.

    Raises:
        BadPoints: The last point lacks its y.
    """
    if len(numbers) % 2:
        raise BadPoints(f"{len(numbers)} numbers do not make points.")
    points = zip(numbers[::2], numbers[1::2], strict=True)
    return tuple(point for point, _ in groupby(points))


def parse_points(text: str) -> Polygon:
    """Reads points in any of the usual spellings: "x,y x,y", "x y x y", "(x, y) (x, y)".

    Raises:
        BadPoints: They cannot be read.
    """
    return paired(parse_numbers(text))


def parse_number(text: str | None) -> int | None:
    """Reads a single number; None where it is missing or is none."""
    try:
        numbers = parse_numbers(text or "")
    except BadPoints:
        return None
    return numbers[0] if len(numbers) == 1 else None


def parse_size(width: str | None, height: str | None) -> tuple[int, int] | None:
    """Reads a declared width and height; None where either is missing, no number, or not above 0."""
    x, y = parse_number(width), parse_number(height)
    return (x, y) if x and y and min(x, y) > 0 else None
