"""PAGE (any year) as kraken reads it, with three differences that lose nothing of what is written.

Of several transcriptions of a line the one with the lowest index counts (kraken: the first in the file); where only
the words are transcribed they are joined by blanks (kraken: by nothing); regions within regions count too.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING

from armarius.client.errors import BadPoints, BadTranscription
from armarius.client.pages.parsed import Direction, ParsedLine, ParsedPage, ParsedRegion
from armarius.client.pages.points import parse_points, parse_size
from armarius.client.pages.text import cleaned
from armarius.client.pages.xml import local
from armarius.functions.contracts import Polygon

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

REGIONS = {
    "TextRegion": "text",
    "ImageRegion": "image",
    "LineDrawingRegion": "line drawing",
    "GraphicRegion": "graphic",
    "TableRegion": "table",
    "TableCell": "cell",
    "ChartRegion": "chart",
    "MapRegion": "map",
    "SeparatorRegion": "separator",
    "MathsRegion": "maths",
    "ChemRegion": "chem",
    "MusicRegion": "music",
    "AdvertRegion": "advert",
    "NoiseRegion": "noise",
    "UnknownRegion": "unknown",
    "CustomRegion": "custom",
}
STRUCTURE = re.compile(r"structure\s*\{([^}]*)\}")
TYPE = re.compile(r"(?:^|;)\s*type\s*:([^;]*)")


def parse_page(root: "Element", file: Path) -> ParsedPage:
    """Reads a PAGE file.

    Args:
        root: The outermost element.
        file: Named in errors; it is not opened.

    Raises:
        BadTranscription: It names no image, or holds no page or several.
    """
    pages = root.findall("./{*}Page")
    if len(pages) != 1:
        raise BadTranscription(file, f"holds {len(pages) or 'no'} pages.", "Give one file for each page.")
    page = pages[0]
    image = page.get("imageFilename", "").strip()
    if not image:
        raise BadTranscription(file, "names no image (imageFilename is missing or empty).", "Export it again.")
    reader = _Reader()
    for element in page.iter():
        if local(element.tag) in REGIONS:
            reader.read_region(element)
    return ParsedPage(
        image,
        parse_size(page.get("imageWidth"), page.get("imageHeight")),
        tuple(reader.lines),
        tuple(reader.regions),
        _direction(page),
        tuple(reader.warnings),
    )


def _direction(page: "Element") -> Direction | None:
    """Returns the direction of the page, or of its first region that gives one."""
    for element in page.iter():
        reading, order = element.get("readingDirection"), element.get("textLineOrder")
        if reading == "left-to-right":
            return "horizontal-lr"
        if reading == "right-to-left":
            return "horizontal-rl"
        if reading in {"top-to-bottom", "bottom-to-top"}:
            return "vertical-lr" if order == "left-to-right" else "vertical-rl"
    return None


class _Reader:
    """Collects what a page holds."""

    def __init__(self) -> None:
        self.lines: list[ParsedLine] = []
        self.regions: list[ParsedRegion] = []
        self.warnings: list[str] = []

    def read_region(self, element: "Element") -> None:
        """Reads a region and its lines."""
        name = element.get("id", "")
        boundary = self._points(element, "Coords", f"region {name}: its outline")
        if boundary is not None:
            kind = element.get("type") or _custom_type(element) or REGIONS[local(element.tag)]
            self.regions.append(ParsedRegion(name, boundary, kind))
        for line in element.iterfind("./{*}TextLine"):
            self._read_line(line, name if boundary is not None else None)

    def _read_line(self, line: "Element", region: str | None) -> None:
        name = line.get("id", "")
        self.lines.append(
            ParsedLine(
                name,
                self._points(line, "Baseline", f"line {name}: its baseline"),
                self._points(line, "Coords", f"line {name}: its outline"),
                _text(line),
                _custom_type(line) or "default",
                region or None,
            )
        )

    def _points(self, element: "Element", child: str, what: str) -> Polygon | None:
        holder = element.find(f"./{{*}}{child}")
        written = holder.get("points") if holder is not None else None
        if not written:
            return None
        try:
            return parse_points(written)
        except BadPoints as error:
            self.warnings.append(f"{what} cannot be read: {error}")
            return None


def _custom_type(element: "Element") -> str | None:
    """Returns the type that Transkribus and eScriptorium put into ``custom="structure {type:heading;}"``."""
    structure = STRUCTURE.search(element.get("custom", ""))
    kind = TYPE.search(structure[1]) if structure else None
    return (kind[1].strip() or None) if kind else None


def _text(line: "Element") -> str | None:
    own = _main_text(line)
    if own is None:
        own = " ".join(filter(None, (_word(word) for word in line.iterfind("./{*}Word"))))
    return cleaned(own)


def _word(word: "Element") -> str:
    own = _main_text(word)
    if own is None:
        own = "".join(_main_text(glyph) or "" for glyph in word.iterfind("./{*}Glyph"))
    return own


def _main_text(element: "Element") -> str | None:
    """Returns the transcription with the lowest index; one without an index counts as 0. None if there is none."""
    versions = element.findall("./{*}TextEquiv")
    if not versions:
        return None
    main = min(versions, key=_index)
    return "".join(unicode.text or "" for unicode in main.iterfind("./{*}Unicode"))


def _index(version: "Element") -> int:
    written = version.get("index", "0")
    return int(written) if written.isdecimal() and len(written) < 10 else 0
