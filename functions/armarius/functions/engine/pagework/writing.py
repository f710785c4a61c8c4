"""From kraken's container to files, by kraken's own serialiser, with what they say of how they were made."""

import dataclasses
import re
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import version
from typing import Any

from kraken.containers import ProcessingStep, Segmentation
from kraken.serialization import serialize
from lxml import etree

from armarius.functions.contracts import PageFormat

_PAGE = "{http://schema.primaresearch.org/PAGE/gts/pagecontent/2019-07-15}"

_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_KINDS = {"segmentation": "layout/segmentation/line", "recognition": "recognition/text-recognition"}
"""What PAGE files call these steps (OCR-D's specification of them)."""


def texts(
    found: Segmentation, size: tuple[int, int], steps: Sequence[ProcessingStep], formats: Sequence[PageFormat], *,
    words: bool = True,
) -> dict[PageFormat, str]:  # fmt: skip
    """Returns a page in each format.

    Args:
        found: Its lines, with what was read in them.
        size: Width and height of its image in pixels.
        steps: How it was made.
        formats: Which.
        words: Whether to write words and letters, with their places and confidences.
    """
    ordered = _region_by_region(found)
    return {form: _WRITERS[form](ordered, size, steps, words) for form in formats}


def _alto(found: Segmentation, size: tuple[int, int], steps: Sequence[ProcessingStep], words: bool) -> str:
    return _as_text(_parsed(_serialized(found, size, steps, words, "alto")))


def _page(found: Segmentation, size: tuple[int, int], steps: Sequence[ProcessingStep], words: bool) -> str:
    """Returns PAGE XML; kraken's says nothing of steps, so they are added."""
    root = _parsed(_serialized(found, size, steps, words, "pagexml"))
    _tell_steps(root, steps)
    return _as_text(root)


def _text(found: Segmentation, *_: Any) -> str:
    return "".join(f"{getattr(line, 'prediction', None) or ''}\n" for line in found.lines)


def _serialized(
    found: Segmentation, size: tuple[int, int], steps: Sequence[ProcessingStep], words: bool, template: str
) -> str:
    return str(
        serialize(
            found,
            image_size=size,
            template=template,
            processing_steps=list(steps),
            sub_line_segmentation=words,
        )
    )


def _parsed(text: str) -> Any:
    """Parses what was serialised, so that no file is written that nobody can read."""
    return etree.fromstring(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text).encode())


def _as_text(root: Any) -> str:
    return str(etree.tostring(root, encoding="UTF-8", xml_declaration=True).decode())


def _region_by_region(found: Segmentation) -> Segmentation:
    """Brings the lines of each region together, at the place of its first; kraken's own order mostly is so.

    Its serialiser writes a region again for each time that it comes back, with an identifier that then stands twice.
    """
    firsts: dict[str, int] = {}
    keys = [
        firsts.setdefault(line.regions[0], index) if line.regions else index for index, line in enumerate(found.lines)
    ]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    places = {old: new for new, old in enumerate(order)}
    return dataclasses.replace(
        found,
        lines=[found.lines[index] for index in order],
        line_orders=[[places[index] for index in one] for one in found.line_orders],
    )


def _tell_steps(root: Any, steps: Sequence[ProcessingStep]) -> None:
    metadata = root.find(f"{_PAGE}Metadata")
    for step in steps:
        item = etree.SubElement(
            metadata,
            f"{_PAGE}MetadataItem",
            {"type": "processingStep", "name": _KINDS[step.id], "value": f"kraken {version('kraken')}"},
        )
        labels = etree.SubElement(item, f"{_PAGE}Labels")
        for name, value in step.settings.items():
            etree.SubElement(labels, f"{_PAGE}Label", {"type": name, "value": str(value)})


_WRITERS: Mapping[PageFormat, Callable[..., str]] = {"alto": _alto, "page": _page, "text": _text}
