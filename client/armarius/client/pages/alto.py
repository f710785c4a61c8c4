"""ALTO (versions 2 to 4) as kraken reads it, with three differences that lose nothing of what is written.

kraken leaves out the hyphen of ``HYP``, blocks within a ``ComposedBlock`` or a margin, and the rectangle of a line
that has no ``Shape``; here they count.
"""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from armarius.client.errors import BadPoints, BadTranscription
from armarius.client.pages.parsed import Direction, ParsedLine, ParsedPage, ParsedRegion
from armarius.client.pages.points import paired, parse_number, parse_numbers, parse_points, parse_size
from armarius.client.pages.text import cleaned
from armarius.client.pages.xml import local
from armarius.functions.contracts import Polygon

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

REGIONS = {
    "TextBlock": "text",
    "Illustration": "illustration",
    "GraphicalElement": "graphic",
    "ComposedBlock": "composed",
}
DIRECTIONS: dict[str | None, Direction] = {
    "ltr": "horizontal-lr",
    "rtl": "horizontal-rl",
    "ttb": "vertical-rl",
    "btt": "vertical-lr",
}


def parse_alto(root: "Element", file: Path) -> ParsedPage:
    """Reads the page of an ALTO file.

    Args:
        root: The outermost element.
        file: Named in errors; it is not opened.

    Raises:
        BadTranscription: It measures in another unit than pixels, names no image, or holds no page or several.
    """
    _require_pixels(root, file)
    pages = root.findall("./{*}Layout/{*}Page")
    if len(pages) != 1:
        raise BadTranscription(file, f"holds {len(pages) or 'no'} pages.", "Give one file for each page.")
    image = (root.findtext(".//{*}fileName") or "").strip()
    if not image:
        raise BadTranscription(file, "names no image (fileName is missing or empty).", "Export it again.")
    reader = _Reader(_types(root))
    for element in pages[0].iter():
        if local(element.tag) in REGIONS:
            reader.read_region(element)
    return ParsedPage(
        image,
        parse_size(pages[0].get("WIDTH"), pages[0].get("HEIGHT")),
        tuple(reader.lines),
        tuple(reader.regions),
        next((direction for direction, _ in reader.directions.most_common(1)), None),
        tuple(reader.warnings),
    )


def _require_pixels(root: "Element", file: Path) -> None:
    unit = (root.findtext(".//{*}MeasurementUnit") or "pixel").strip()
    if unit != "pixel":
        raise BadTranscription(
            file,
            f'measures in "{unit}", and without the scan\'s resolution (DPI) that cannot become pixels.',
            "Export it with MeasurementUnit pixel.",
        )


def _types(root: "Element") -> dict[str, tuple[str, str]]:
    """Returns, by identifier, what kind of tag each is ("type" if it does not say) and its label."""
    return {
        tag.get("ID", ""): (tag.get("TYPE") or "type", tag.get("LABEL", ""))
        for tag in root.iterfind(".//{*}Tags/*")
        if local(tag.tag) in {"StructureTag", "LayoutTag", "OtherTag"}
    }


class _Reader:
    """Collects what a page holds."""

    def __init__(self, types: dict[str, tuple[str, str]]) -> None:
        self.types = types
        self.lines: list[ParsedLine] = []
        self.regions: list[ParsedRegion] = []
        self.directions: Counter[Direction] = Counter()
        self.warnings: list[str] = []

    def read_region(self, element: "Element") -> None:
        """Reads a block and its lines."""
        name = element.get("ID", "")
        boundary = self._outline(element, f"region {name}")
        if boundary is not None:
            kind = element.get("TYPE") or self._type(element, "region", "type")
            self.regions.append(ParsedRegion(name, boundary, kind or REGIONS[local(element.tag)]))
        for line in element.iterfind("./{*}TextLine"):
            self._read_line(line, element, name if boundary is not None else None)

    def _read_line(self, line: "Element", block: "Element", region: str | None) -> None:
        name = line.get("ID", "")
        direction = DIRECTIONS.get(line.get("BASEDIRECTION") or block.get("BASEDIRECTION"))
        if direction:
            self.directions[direction] += 1
        self.lines.append(
            ParsedLine(
                name,
                self._baseline(line, name),
                self._outline(line, f"line {name}"),
                _text(line),
                self._type(line, "type") or "default",
                region or None,
            )
        )

    def _type(self, element: "Element", *kinds: str) -> str | None:
        tags = [self.types[reference] for reference in element.get("TAGREFS", "").split() if reference in self.types]
        return next((label for wanted in kinds for kind, label in tags if kind == wanted and label), None)

    def _baseline(self, line: "Element", name: str) -> Polygon | None:
        written = line.get("BASELINE")
        if not written:
            return None
        try:
            numbers = parse_numbers(written)
            return _level(line, numbers[0]) if len(numbers) == 1 else paired(numbers)
        except BadPoints as error:
            self.warnings.append(f"line {name}: its baseline cannot be read: {error}")
            return None

    def _outline(self, element: "Element", what: str) -> Polygon | None:
        polygon = element.find("./{*}Shape/{*}Polygon")
        try:
            return _rectangle(element) if polygon is None else parse_points(polygon.get("POINTS", ""))
        except BadPoints as error:
            self.warnings.append(f"{what}: its outline cannot be read: {error}")
            return None


def _rectangle(element: "Element") -> Polygon | None:
    """Returns the rectangle of an element that gives all of its four numbers."""
    left, top, width, height = (parse_number(element.get(name)) for name in ("HPOS", "VPOS", "WIDTH", "HEIGHT"))
    if left is None or top is None or width is None or height is None:
        return None
    return ((left, top), (left, top + height), (left + width, top + height), (left + width, top))


def _level(line: "Element", y: int) -> Polygon:
    """A single number is the height of a level baseline (ALTO 2 and 3)."""
    left, width = parse_number(line.get("HPOS")), parse_number(line.get("WIDTH"))
    if left is None or width is None:
        raise BadPoints(f"{y} is a height alone, and the line has no HPOS or WIDTH.")
    return ((left, y), (left + width, y))


def _text(line: "Element") -> str | None:
    """Joins strings, blanks and hyphens; a string without content is a blank, as with kraken."""
    parts = []
    for element in line.iter():
        kind = local(element.tag)
        if kind in {"String", "SP"}:
            parts.append(element.get("CONTENT") or " ")
        elif kind == "HYP":
            parts.append(element.get("CONTENT", ""))
    return cleaned("".join(parts))
