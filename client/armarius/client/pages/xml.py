"""Reading XML that may come from anywhere."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING
from xml.parsers.expat import errors as expat

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from armarius.client.errors import NotXML, UnknownSchema, UnsafeXML

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_BYTES = 100 * 1024 * 1024
"""A page with ten thousand words and a polygon around each letter stays far below."""

EXPORT_AGAIN = "Export it again as ALTO or PAGE."
CUT_OFF = {
    expat.codes[message]
    for message in (
        expat.XML_ERROR_NO_ELEMENTS,
        expat.XML_ERROR_UNCLOSED_TOKEN,
        expat.XML_ERROR_PARTIAL_CHAR,
        expat.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
}


class Schema(str, Enum):
    """The two schemas that are read."""

    ALTO = "ALTO"
    PAGE = "PAGE"


def local(tag: object) -> str:
    """Returns an element's name without its namespace; a comment has none."""
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def read_xml(file: Path) -> "tuple[Schema, Element]":
    """Reads an ALTO or PAGE file.

    Returns:
        The schema, and the outermost element.

    Raises:
        NotXML: It cannot be read, is cut off, or is not XML.
        UnsafeXML: It declares a document type or entities.
        UnknownSchema: It is something else.
    """
    root = _parse(file, _content(file))
    return _schema(file, root), root


def _content(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotXML(file, f"cannot be read: {error.strerror}.") from error
    if len(content) > MOST_BYTES:
        raise NotXML(file, f"is larger than {MOST_BYTES >> 20} MB.", "Give one file for each page.")
    if not content.strip():
        raise NotXML(file, "is empty.", EXPORT_AGAIN)
    return content


def _parse(file: Path, content: bytes) -> "Element":
    _refuse_html(file, content)
    try:
        root: Element = fromstring(content, forbid_dtd=True)
    except DefusedXmlException as error:
        raise UnsafeXML(
            file,
            "declares a document type (DOCTYPE) or entities, which could read other files or fill the memory.",
            "ALTO and PAGE need none: delete that declaration, or export the page again.",
        ) from error
    except ParseError as error:
        where = f"line {error.position[0]}, column {error.position[1]}"
        what = f"ends too early ({where})" if error.code in CUT_OFF else f"is not XML ({error})"
        raise NotXML(file, f"{what}.", EXPORT_AGAIN) from error
    except (ValueError, LookupError) as error:
        raise NotXML(file, f"has an encoding that cannot be read ({error}).", "Save it as UTF-8.") from error
    return root


def _refuse_html(file: Path, content: bytes) -> None:
    """An HTML page needs its own words: it is mostly a login or error page that was saved by mistake."""
    start = content[:1000].lower()
    if b"<!doctype html" in start or b"<html" in start:
        hint = "It may be a login or error page saved in place of the file: download it again."
        raise UnknownSchema(file, "is an HTML page, neither ALTO nor PAGE.", hint, "html")


def _schema(file: Path, root: "Element") -> Schema:
    name = local(root.tag)
    namespace = root.tag[1:].rpartition("}")[0]
    if name == "alto" and (not namespace or "/standards/alto" in namespace or namespace.endswith("/ALTO")):
        return Schema.ALTO
    if name == "PcGts" and (not namespace or "/PAGE/" in namespace):
        return Schema.PAGE
    found = f"<{name}>" + (f" of {namespace}" if namespace else "")
    raise UnknownSchema(file, f"is neither ALTO nor PAGE: it holds {found[:200]}.", EXPORT_AGAIN, name)
