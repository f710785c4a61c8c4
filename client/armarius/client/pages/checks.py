"""Which lines of a page can be used."""

from dataclasses import dataclass, replace
from itertools import pairwise
from math import dist
from pathlib import Path
from typing import Literal

from armarius.client.errors import EmptyPage
from armarius.client.pages.parsed import ParsedLine, ParsedPage, ParsedRegion
from armarius.client.pages.points import paired
from armarius.functions.contracts import Line, Polygon, Region

SHORTEST = 5.0
"""kraken cuts no line out whose baseline is shorter, in pixels."""
OVERSHOOT = 100
"""A point may lie outside by the page's width or height divided by this; it is moved to the edge."""

Remark = tuple[Literal["line", "note"], str]


@dataclass(frozen=True)
class Checked:
    """What of a page can be used, and what was done to the rest."""

    lines: tuple[Line, ...]
    regions: tuple[Region, ...]
    remarks: tuple[Remark, ...]


class _Unusable(Exception):
    """Why a line is left out."""


def check(file: Path, page: ParsedPage, width: int, height: int, kind: str = "recognition") -> Checked:
    """Keeps the lines that can be used, says why others are not, and mends what is slightly outside.

    Args:
        file: The transcription; named in errors.
        page: What it says.
        width: Of the image, in pixels.
        height: Of the image, in pixels.
        kind: Of model that shall learn from it: recognition learns from texts, segmentation from lines and regions.
            "none" learns nothing from it: whatever it holds will do.

    Raises:
        EmptyPage: There is nothing on it that this kind learns from.
    """
    remarks: list[Remark] = [("line", warning) for warning in page.warnings]
    if page.size is None:
        remarks.append(("note", "the transcription does not say how large the image is"))
    regions = _regions(page.regions, width, height, remarks)
    lines = _lines(page, {region.id for region in regions}, (width, height), remarks)
    if kind == "segmentation":
        _require_layout(file, page, bool(lines or regions), remarks)
    elif kind != "none":
        _require_text(file, page, lines, remarks)
    return Checked(lines, regions, tuple(remarks))


def _require_layout(file: Path, page: ParsedPage, usable: bool, remarks: list[Remark]) -> None:
    """Refuses a page without line or region: an empty page is more often one that nobody has segmented."""
    if usable:
        return
    if page.lines:
        raise _none_usable(file, page, remarks)
    raise EmptyPage(file, "holds neither lines nor regions.", "Segment the page first.")


def _require_text(file: Path, page: ParsedPage, lines: tuple[Line, ...], remarks: list[Remark]) -> None:
    """Refuses a page without a text."""
    blank = sum(not line.text for line in lines)
    if not page.lines:
        raise EmptyPage(file, "holds no lines.", "Segment and transcribe the page first.")
    if not lines:
        raise _none_usable(file, page, remarks)
    if blank == len(lines):
        raise EmptyPage(file, f"has no text in any of its {len(lines)} lines.", "Transcribe the page first.")
    if blank:
        remarks.append(("note", f"{blank} of {len(lines)} lines have no text"))


def _none_usable(file: Path, page: ParsedPage, remarks: list[Remark]) -> EmptyPage:
    reason = next(text for kind, text in remarks if kind == "line")
    return EmptyPage(file, f"has {len(page.lines)} lines and none can be used ({reason}).", "Segment it again.")


def _lines(page: ParsedPage, regions: set[str], size: tuple[int, int], remarks: list[Remark]) -> tuple[Line, ...]:
    kept: list[Line] = []
    names: set[str] = set()
    moved = 0
    for number, parsed in enumerate(page.lines, 1):
        line = replace(parsed, id=_unique(parsed.id or f"line-{number}", names))
        try:
            fitted = _fit_line(line, *size)
        except _Unusable as reason:
            remarks.append(("line", f"line {line.id} is left out: {reason}"))
            continue
        moved += fitted.baseline != line.baseline or fitted.boundary not in (line.boundary, None)
        if line.boundary is not None and fitted.boundary is None:
            remarks.append(("note", f"line {line.id}: its outline has no area; it is computed anew"))
        kept.append(
            Line(
                id=line.id,
                baseline=fitted.baseline or (),
                boundary=fitted.boundary,
                text=line.text,
                type=line.type,
                region=line.region if line.region in regions else None,
            )
        )
    if moved:
        remarks.append(("note", f"{moved} lines reached slightly beyond the page and were moved to its edge"))
    return tuple(kept)


def _unique(name: str, names: set[str]) -> str:
    """Returns the name, with a number if another line has it already."""
    candidate, number = name, 1
    while candidate in names:
        number += 1
        candidate = f"{name}-{number}"
    names.add(candidate)
    return candidate


def _fit_line(line: ParsedLine, width: int, height: int) -> ParsedLine:
    """Moves a line into the page.

    Raises:
        _Unusable: It has no baseline, lies outside, or is too short.
    """
    if not line.baseline:
        raise _Unusable("it has no baseline")
    baseline = fit(line.baseline, width, height)
    if baseline is None:
        raise _Unusable(f"its baseline lies outside the page of {width} x {height} pixels")
    length = sum(dist(*pair) for pair in pairwise(baseline))
    if length < SHORTEST:
        raise _Unusable(f"its baseline is {length:.0f} pixels long, less than {SHORTEST:.0f}")
    if line.boundary is None:
        return replace(line, baseline=baseline)
    boundary = fit(line.boundary, width, height)
    if boundary is None:
        raise _Unusable(f"its outline lies outside the page of {width} x {height} pixels")
    return replace(line, baseline=baseline, boundary=boundary if _has_area(boundary) else None)


def fit(points: Polygon, width: int, height: int) -> Polygon | None:
    """Moves points that lie slightly outside a page to its edge; None if one lies farther out."""
    slack_x, slack_y = max(1, width // OVERSHOOT), max(1, height // OVERSHOOT)
    if any(not (-slack_x <= x < width + slack_x and -slack_y <= y < height + slack_y) for x, y in points):
        return None
    return paired([number for x, y in points for number in (_within(x, width), _within(y, height))])


def _within(value: int, length: int) -> int:
    return min(max(value, 0), length - 1)


def _has_area(polygon: Polygon) -> bool:
    """Tells whether the corners span more than a straight line (shoelace formula, without its sign)."""
    sides = pairwise((*polygon, *polygon[:1]))
    return sum(x * v - u * y for (x, y), (u, v) in sides) != 0


def _regions(parsed: tuple[ParsedRegion, ...], width: int, height: int, remarks: list[Remark]) -> tuple[Region, ...]:
    kept = []
    names: set[str] = set()
    for number, region in enumerate(parsed, 1):
        boundary = fit(region.boundary, width, height)
        if boundary is None or not _has_area(boundary):
            remarks.append(("note", f"region {region.id} lies outside the page or has no area: it is left out"))
            continue
        kept.append(Region(id=_unique(region.id or f"region-{number}", names), boundary=boundary, type=region.type))
    return tuple(kept)
