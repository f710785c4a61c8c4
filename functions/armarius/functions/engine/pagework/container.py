"""The lines that a page already has, as kraken's container of them."""

from pathlib import Path

from kraken.containers import BaselineLine, Region, Segmentation
from PIL import Image

from armarius.functions.contracts import Page, Polygon
from armarius.functions.engine.pages import boundary_of
from armarius.functions.engine.pagework.ids import Ids


def given_lines(page: Page, image: Image.Image, direction: str) -> Segmentation:
    """Returns the lines and regions that the manifest tells of.

    Lines without a boundary get the one that kraken computes from the image; those of which it cannot are left out.

    Args:
        page: Which.
        image: Its image.
        direction: kraken's word for the direction of lines and page.
    """
    ids = Ids()
    regions: dict[str, list[Region]] = {}
    names: dict[str, str] = {}
    for region in page.regions:
        names[region.id] = ids.valid(region.id)
        regions.setdefault(region.type, []).append(
            Region(id=names[region.id], boundary=_within(region.boundary, image.size), tags=_tags(region.type))
        )
    lines = [
        BaselineLine(
            id=ids.valid(line.id),
            baseline=_within(line.baseline, image.size),
            boundary=_within(boundary, image.size),
            tags=_tags(line.type),
            regions=[names[line.region]] if line.region in names else [],
        )
        for line in page.lines
        if (boundary := line.boundary or boundary_of(image, line))
    ]
    return Segmentation(
        type="baselines",
        imagename=Path(page.image.name).name,
        text_direction=direction,
        script_detection=len({line.type for line in page.lines}) > 1,
        lines=lines,
        regions=regions,
        line_orders=[],
    )


def _within(polygon: Polygon, size: tuple[int, int]) -> list[tuple[int, int]]:
    """Returns points of a page, those beyond its edges moved to them: PAGE knows no negative numbers."""
    return [(min(max(x, 0), size[0] - 1), min(max(y, 0), size[1] - 1)) for x, y in polygon]


def _tags(type_: str) -> dict[str, list[dict[str, str]]]:
    return {"type": [{"type": type_}]}
