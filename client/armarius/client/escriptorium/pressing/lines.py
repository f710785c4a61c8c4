"""Writing what was found on a page: regions and lines, as eScriptorium's own segmentation does."""

import hashlib
from collections.abc import Sequence
from typing import Any

from django.db import transaction
from shapely import GEOSException, LineString, Point, Polygon

from armarius.client.escriptorium.host import parts
from armarius.client.escriptorium.host.parts import Workflow
from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.pressing.unchanged import Sent, check_unchanged
from armarius.client.escriptorium.pressing.wish import Wish
from armarius.client.pages.parsed import ParsedLine, ParsedPage, ParsedRegion
from armarius.functions.contracts import Polygon as Points


def write_lines(job: str, wish: Wish, pk: int, found: ParsedPage, sent: Sent) -> bool:
    """Writes lines and regions on a page, all of them or none; done again, nothing more is written.

    The mark is in the names that eScriptorium gives to lines and regions: ours follow from the job.

    Args:
        job: That found them.
        wish: What was asked.
        pk: Primary key of the page.
        found: What is on it.
        sent: The image on which that was found.

    Returns:
        Whether the page is still there.

    Raises:
        BadImage: It shows another image by now.
    """
    with parts.undisturbed(), transaction.atomic():
        part = parts.locked(pk)
        if part is None:
            return False
        if not _is_written(job, part):
            check_unchanged(part, sent)
            _clear(wish, part)
            _write(job, wish, part, found)
            part.workflow_state = int(Workflow.SEGMENTED)
            part.save()
            part.recalculate_ordering()
        return True


def _is_written(job: str, part: Any) -> bool:
    marked = {"external_id__startswith": _mark("line", job, part)}
    return bool(
        part.lines.filter(**marked).exists()
        or part.blocks.filter(external_id__startswith=_mark("textblock", job, part)).exists()
    )


def _clear(wish: Wish, part: Any) -> None:
    """Takes away what is there, if that is wanted: of what is found anew alone."""
    if wish.override and wish.lines:
        part.lines.all().delete()
    if wish.override and wish.regions:
        part.blocks.all().delete()


def _write(job: str, wish: Wish, part: Any, found: ParsedPage) -> None:
    if wish.regions:
        types: dict[str, Any] = {}
        for number, region in enumerate(found.regions):
            kind = _type(part.document.valid_block_types, region.type, types)
            _region(part, region, kind, _name("textblock", job, part, number))
    if wish.lines:
        blocks = [(block, Polygon(block.box)) for block in part.blocks.all() if len(block.box or ()) > 2]
        types = {}
        for number, line in enumerate(found.lines):
            if len(line.baseline or ()) > 1:
                kind = _type(part.document.valid_line_types, line.type, types)
                _line(part, line, kind, _around(line.baseline or (), blocks), _name("line", job, part, number))


def _region(part: Any, region: ParsedRegion, kind: Any, name: str) -> None:
    table("Block").objects.create(document_part=part, typology=kind, box=_listed(region.boundary), external_id=name)


def _line(part: Any, line: ParsedLine, kind: Any, block: Any, name: str) -> None:
    table("Line").objects.create(
        document_part=part,
        typology=kind,
        block=block,
        baseline=_listed(line.baseline or ()),
        mask=_listed(line.boundary) if line.boundary is not None else None,
        external_id=name,
    )


def _type(valid: Any, name: str, known: dict[str, Any]) -> Any:
    """Returns the type of this name among those of the document; it is made if there is none."""
    if name not in known:
        known[name] = valid.filter(name=name).order_by("pk").first() or valid.create(name=name)
    return known[name]


def _around(baseline: Points, blocks: Sequence[tuple[Any, Polygon]]) -> Any:
    """Returns the first region that holds the middle of a line."""
    middle: Point = LineString(baseline).interpolate(0.5, normalized=True)
    return next((block for block, outline in blocks if _holds(outline, middle)), None)


def _holds(outline: Polygon, point: Point) -> bool:
    try:
        return bool(outline.contains(point))
    except GEOSException:  # drawn across itself
        return False


def _listed(points: Points) -> list[list[int]]:
    return [[x, y] for x, y in points]


def _mark(kind: str, job: str, part: Any) -> str:
    """Returns how the names of what a job has found on a page begin: as eScriptorium's own do, and then its mark."""
    return f"eSc_{kind}_{hashlib.sha256(f'{job} {part.pk}'.encode()).hexdigest()[:12]}"


def _name(kind: str, job: str, part: Any, number: int) -> str:
    return f"{_mark(kind, job, part)}{number:04x}"
