"""What a site has found on a page, from the XML that came home: never with a document type, entities or a pickle."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from armarius.client.errors import BadPoints, BadTranscription
from armarius.client.escriptorium.pressing.packing import LINE, key_of
from armarius.client.pages.alto import parse_alto
from armarius.client.pages.parsed import ParsedPage
from armarius.client.pages.points import parse_numbers
from armarius.client.pages.xml import Schema, local, read_xml

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 32 * 1024 * 1024
"""Of what comes home of a page; a hundred thousand letters with a polygon around each stay below."""

MOST_MARKS = 1_200_000
"""Elements, roughly: each takes far more memory than it takes bytes."""

MOST_LINES = 3000
"""On a page. eScriptorium orders lines with memory that grows with their square; a newspaper has some hundred."""

MOST_REGIONS = 1000

Graph = dict[str, Any]
"""A letter as eScriptorium keeps it: ``c``, ``poly``, ``confidence``."""


@dataclass(frozen=True)
class ReadLine:
    """What was read in a line.

    Attributes:
        content: Its text.
        graphs: Its letters, in the order of the text.
    """

    content: str
    graphs: list[Graph]

    @property
    def confidence(self) -> float | None:
        """The mean of its letters'; None where there are none."""
        told = [graph["confidence"] for graph in self.graphs]
        return sum(told) / len(told) if told else None


def read_layout(file: Path) -> ParsedPage:
    """Reads the lines and regions of an ALTO file.

    Raises:
        PageError: It cannot be read.
    """
    root = _read(file, Schema.ALTO)
    page = parse_alto(root, file)
    _bound(file, len(page.lines), MOST_LINES, "lines")
    _bound(file, len(page.regions), MOST_REGIONS, "regions")
    return page


def read_texts(file: Path) -> dict[int, ReadLine]:
    """Reads the texts of a PAGE file, letter by letter, by the primary keys of their lines.

    Raises:
        PageError: It cannot be read.
    """
    root = _read(file, Schema.PAGE)
    found: dict[int, ReadLine] = {}
    for element in root.iter():
        if local(element.tag) == "TextLine":
            key = key_of(element.get("id", ""), LINE)
            if key is not None:
                found[key] = _line(element, file)
    _bound(file, len(found), MOST_LINES, "lines")
    return found


def _read(file: Path, wanted: Schema) -> "Element":
    """Reads XML of a size that no page exceeds: a site must not be able to fill this machine's memory."""
    try:
        _bound(file, file.stat().st_size, MOST_BYTES, "bytes")
        _bound(file, file.read_bytes().count(b"<"), MOST_MARKS, "elements")
    except FileNotFoundError as error:
        raise BadTranscription(file, "did not come home.") from error
    schema, root = read_xml(file)
    if schema is not wanted:
        raise BadTranscription(file, f"is not {wanted.value}.")
    return root


def _bound(file: Path, number: int, most: int, what: str) -> None:
    if number > most:
        raise BadTranscription(file, f"has more {what} than a page can have ({number:,}; at most {most:,}).")


def _line(element: "Element", file: Path) -> ReadLine:
    graphs = [_graph(glyph, file) for glyph in element.iterfind("./{*}Word/{*}Glyph")]
    if not graphs:
        return ReadLine(_text(element), [])
    return ReadLine("".join(graph["c"] for graph in graphs), graphs)


def _graph(glyph: "Element", file: Path) -> Graph:
    told = glyph.find("./{*}TextEquiv")
    coords = glyph.find("./{*}Coords")
    try:
        confidence = float(told.get("conf", "") if told is not None else "")
        points = list(_points(coords.get("points", "") if coords is not None else ""))
    except (BadPoints, ValueError) as error:
        raise BadTranscription(file, f"has a letter that cannot be read: {error}") from error
    return {"c": _text(glyph), "poly": points, "confidence": min(max(confidence, 0.0), 1.0)}


def _points(written: str) -> Iterator[list[int]]:
    """Yields points as they are written: of a narrow letter, two may be the same."""
    numbers = parse_numbers(written)
    yield from ([x, y] for x, y in zip(numbers[::2], numbers[1::2], strict=True))


def _text(element: "Element") -> str:
    return element.findtext("./{*}TextEquiv/{*}Unicode") or ""
