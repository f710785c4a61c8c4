"""What the schemas of ALTO 4 and PAGE 2019 ask of what kraken writes: names that are there once, order, numbers."""

import re
from pathlib import Path
from xml.etree.ElementTree import Element

from defusedxml.ElementTree import parse

ALTO = "{http://www.loc.gov/standards/alto/ns-v4#}"
PAGE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_PAGE_POINTS = re.compile(r"(\d+,\d+ )+\d+,\d+")
_ALTO_POINTS = re.compile(r"\d+ \d+( \d+ \d+)+")
_NUMBERS = ("HPOS", "VPOS", "WIDTH", "HEIGHT")

_ORDER = {
    "alto": ("Description", "Styles", "Tags", "ReadingOrder", "Layout"),
    "Description": ("MeasurementUnit", "sourceImageInformation", "OCRProcessing", "Processing"),
    "Processing": ("processingCategory", "processingDateTime", "processingAgency", "processingStepDescription",
                   "processingStepSettings", "processingSoftware"),
    "TextBlock": ("Shape", "TextLine"),
    "String": ("Shape", "ALTERNATIVE", "Glyph"),
    "PcGts": ("Metadata", "Page"),
    "Metadata": ("Creator", "Created", "LastChange", "Comments", "UserDefined", "MetadataItem"),
    "TextRegion": ("Coords", "TextLine", "TextEquiv"),
    "Word": ("Coords", "Glyph", "TextEquiv"),
    "Glyph": ("Coords", "TextEquiv"),
}  # fmt: skip
"""The children of what both formats hold, in the order of the schemas, as far as kraken writes them."""

_OWN_ORDER = {ALTO: {**_ORDER, "TextLine": ("Shape", "String", "SP"), "Glyph": ("Shape", "Variant")},
              PAGE: {**_ORDER, "TextLine": ("Coords", "Baseline", "Word", "TextEquiv")}}  # fmt: skip


def root_of(file: Path, space: str) -> Element:
    """Returns the root of a file after looking at all of it."""
    root = parse(file).getroot()
    assert root.tag in (f"{space}alto", f"{space}PcGts")
    names = [name for element in root.iter() for key in ("ID", "id") if (name := element.get(key)) is not None]
    assert len(set(names)) == len(names), "an identifier stands twice"
    assert all(_NAME.fullmatch(name) for name in names)
    for element in root.iter():
        _check_order(element, space)
        _check_numbers(element)
    return root


def _check_order(element: Element, space: str) -> None:
    known = _OWN_ORDER[space].get(element.tag.removeprefix(space))
    if known is None:
        return
    places = [known.index(child.tag.removeprefix(space)) for child in element]
    if element.tag == f"{ALTO}TextLine":  # words and spaces take turns
        places = [min(place, 1) for place in places]
    assert places == sorted(places), element.tag


def _check_numbers(element: Element) -> None:
    assert all(int(value) >= 0 for name in _NUMBERS if (value := element.get(name)) is not None)
    assert all(0 <= float(value) <= 1 for name in ("WC", "GC", "conf") if (value := element.get(name)) is not None)
    if points := element.get("points"):
        assert _PAGE_POINTS.fullmatch(points), points
    for name in ("POINTS", "BASELINE"):
        if points := element.get(name):
            assert _ALTO_POINTS.fullmatch(points), points
