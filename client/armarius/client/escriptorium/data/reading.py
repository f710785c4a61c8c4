"""One page from the database: its lines, regions and texts, checked against its image like a page from a file."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast, get_args

from armarius.client.errors import BadPoints, ImageMissing
from armarius.client.escriptorium.data.wanted import WantedPage
from armarius.client.escriptorium.host.shelf import media_root
from armarius.client.escriptorium.host.tables import table
from armarius.client.pages.checks import check
from armarius.client.pages.images import check_size, read_image
from armarius.client.pages.parsed import Direction, ParsedLine, ParsedPage, ParsedRegion
from armarius.client.pages.points import FARTHEST, paired
from armarius.client.pages.reading import ReadPage
from armarius.client.pages.text import cleaned
from armarius.functions.contracts import Polygon

UNTYPED = "default"
"""What eScriptorium calls a line or a region without a type when it trains."""

DIRECTIONS: tuple[Direction, ...] = get_args(Direction)


def read_part(page: WantedPage) -> ReadPage:
    """Reads a page of the database and its image.

    Raises:
        PageError: It cannot be used.
    """
    part = table("DocumentPart").objects.select_related("document__main_script").get(pk=page.part)
    path = media_root() / part.image.name
    file = Path(part.original_filename or path.name)
    if not path.is_file():
        raise ImageMissing(file, f"has no image: {part.image.name} is not in MEDIA_ROOT.", "Upload the page again.")
    read = read_image(file, path)
    size = (read.image.width, read.image.height)
    check_size(file, read, None)
    kind = "recognition" if page.transcription is not None else "segmentation"
    checked = check(file, _parsed(page, part, size), *size, kind)
    direction = getattr(part.document.main_script, "text_direction", None)
    stated = cast(Direction, direction) if direction in DIRECTIONS else None
    return ReadPage(file, read.image, path.resolve(), checked, stated, guessed=False, notes=read.notes)


def _parsed(page: WantedPage, part: Any, size: tuple[int, int]) -> ParsedPage:
    warnings: list[str] = []
    regions = tuple(_regions(part.blocks, warnings))
    lines = tuple(_lines(part.lines, _texts(page), warnings))
    return ParsedPage(part.image.name, size, lines, regions, warnings=tuple(warnings))


def _texts(page: WantedPage) -> dict[int, str]:
    """Returns the texts of the page by the primary keys of their lines."""
    if page.transcription is None:
        return {}
    texts = table("LineTranscription").objects.filter(
        transcription_id=page.transcription, line__document_part_id=page.part
    )
    return dict(texts.values_list("line_id", "content"))


def _regions(blocks: Any, warnings: list[str]) -> Iterable[ParsedRegion]:
    for pk, box, kind in blocks.order_by("order", "pk").values_list("pk", "box", "typology__name"):
        outline = points(box, f"region {pk}", warnings)
        if outline is not None and len(outline) > 2:
            yield ParsedRegion(str(pk), outline, kind or UNTYPED)


def _lines(lines: Any, texts: dict[int, str], warnings: list[str]) -> Iterable[ParsedLine]:
    fields = ("pk", "baseline", "mask", "typology__name", "block_id")
    for pk, baseline, mask, kind, block in lines.order_by("order", "pk").values_list(*fields):
        yield ParsedLine(
            str(pk),
            points(baseline, f"line {pk}: its baseline", warnings),
            points(mask, f"line {pk}: its outline", warnings),
            cleaned(texts.get(pk) or ""),
            kind or UNTYPED,
            str(block) if block is not None else None,
        )


def points(given: Any, what: str, warnings: list[str]) -> Polygon | None:
    """Reads points as eScriptorium keeps them: a list of pairs, of whole numbers or not."""
    if not given:
        return None
    try:
        numbers = [int(value) for x, y in given for value in (x, y)]
        if any(abs(value) > FARTHEST for value in numbers):
            raise BadPoints("they lie beyond every page")
        return paired(numbers)
    except (BadPoints, TypeError, ValueError, OverflowError) as error:
        warnings.append(f"{what} cannot be read: {error}")
        return None
