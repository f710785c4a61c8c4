"""The pages of a dataset as a segmentation learns them: lines and regions, with their types."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kraken.containers import BaselineLine, Region, Segmentation

from armarius.functions.contracts import DatasetSummary, Line, Page, Split
from armarius.functions.engine.classes import Wanted
from armarius.functions.engine.pages import opened
from armarius.functions.site import Site


@dataclass(frozen=True)
class Sheet:
    """A page whose image was found to be whole.

    Attributes:
        page: What the manifest says.
        path: Its image.
        size: Width and height in pixels, as the network's input is made from them.
    """

    page: Page
    path: Path
    size: tuple[int, int]


@dataclass(frozen=True)
class Layout:
    """The pages of a dataset on this site.

    Attributes:
        dataset: The digest of the manifest.
        text_direction: Of the script.
        sheets: By split, in the manifest's order.
    """

    dataset: str
    text_direction: str
    sheets: Mapping[Split, tuple[Sheet, ...]]

    def holds(self, split: Split) -> bool:
        """Tells whether there is a page in a split."""
        return bool(self.sheets[split])

    def pages(self, split: Split) -> tuple[Page, ...]:
        """Returns the pages of a split."""
        return tuple(sheet.page for sheet in self.sheets[split])

    def samples(self, split: Split, wanted: Wanted | None = None) -> list[dict[str, Any]]:
        """Returns the pages of a split as our data module takes them.

        Args:
            split: Which.
            wanted: Lines and regions of these types alone, under these names; None for all as they are.
        """
        return [
            {"doc": _container(_renamed(sheet, wanted) if wanted else sheet, self.text_direction),
             "name": sheet.page.name}
            for sheet in self.sheets[split]
        ]  # fmt: skip

    def dataset_summary(self) -> DatasetSummary:
        """Returns what the reports say of it."""
        held = [split for split in Split if self.holds(split)]
        return DatasetSummary(
            dataset=self.dataset,
            lines={split.value: sum(len(page.lines) for page in self.pages(split)) for split in held},
            regions={split.value: sum(len(page.regions) for page in self.pages(split)) for split in held},
        )


def read_layout(site: Site, dataset: str, progress: Callable[[int, int], None]) -> Layout:
    """Reads a dataset and looks at every image, before the first step.

    Args:
        site: Where the manifest and the images are.
        dataset: The digest of the manifest.
        progress: Called with the pages done and the pages in all; may raise to stop.

    Raises:
        MissingData: The manifest or an image is not here; the message names the page.
        DamagedFile: One of them was not what its digest says, and is deleted.
        EngineFault: An image cannot be used.
    """
    manifest = site.manifest(dataset)
    sheets = []
    for done, page in enumerate(manifest.pages):
        progress(done, len(manifest.pages))
        sheets.append(_sheet(site, page))
    by_split = {split: tuple(sheet for sheet in sheets if sheet.page.split is split) for split in Split}
    return Layout(dataset, manifest.text_direction, by_split)


def _sheet(site: Site, page: Page) -> Sheet:
    path = site.verified(page.image.sha256, f"The image of page {page.name!r}")
    with opened(path, page) as image:
        return Sheet(page, path, image.size)


def _renamed(sheet: Sheet, wanted: Wanted) -> Sheet:
    """Returns a page with the wanted lines and regions alone, under the names by which they are learnt."""
    page = sheet.page
    changes = {
        "lines": tuple(
            line.model_copy(update={"type": wanted.lines[line.type]})
            for line in page.lines
            if line.type in wanted.lines
        ),
        "regions": tuple(
            region.model_copy(update={"type": wanted.regions[region.type]})
            for region in page.regions
            if region.type in wanted.regions
        ),
    }
    return replace(sheet, page=page.model_copy(update=changes))


def _container(sheet: Sheet, text_direction: str) -> Segmentation:
    """Returns kraken's container of a page."""
    regions: dict[str, list[Region]] = {}
    for region in sheet.page.regions:
        points = [tuple(point) for point in region.boundary]
        regions.setdefault(region.type, []).append(Region(id=region.id, boundary=points, imagename=str(sheet.path)))
    return Segmentation(
        type="baselines",
        imagename=str(sheet.path),
        text_direction=text_direction,
        script_detection=False,
        lines=[_line(line) for line in sheet.page.lines],
        regions=regions,
    )


def _line(line: Line) -> BaselineLine:
    return BaselineLine(
        id=line.id,
        baseline=[tuple(point) for point in line.baseline],
        boundary=[tuple(point) for point in line.boundary] if line.boundary else None,
        tags={"type": [{"type": line.type}]},
    )
