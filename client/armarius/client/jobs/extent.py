"""How much a dataset is, as placement reckons with it: read once, for a job that waits is placed again and again."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from armarius.client.jobs.priors import line_height
from armarius.client.pages import PackedDataset
from armarius.client.pages.widths import line_widths, usual_width
from armarius.client.placement.work import PAGE_PIXELS, pixels_of
from armarius.functions.contracts import BadInput, Manifest, PageImage, TrainingParameters

REMEMBERED = 256
"""Datasets, each with the sizes of its images."""


@dataclass(frozen=True)
class Extent:
    """A dataset from afar.

    Attributes:
        files: Bytes of each image by its digest.
        pixels: Of an epoch.
        widest: Pixels of the widest line, scaled to the network's height; None where no line has an outline.
    """

    files: Mapping[str, int]
    pixels: float
    widest: int | None


def extent_of(directory: Path, dataset: str, parameters: TrainingParameters) -> Extent | None:
    """Measures a dataset; None if it cannot be read, of which sending it will complain.

    Args:
        directory: Where it is.
        dataset: Its digest: what bears it never changes.
        parameters: How it is trained on.
    """
    height = line_height(parameters)
    cell = _cell(dataset, parameters.kind, height)
    if not cell:
        try:
            manifest = PackedDataset.load(directory).manifest
        except BadInput:
            return None
        sizes = {image.sha256: image.size for image in manifest.images()}
        widths = line_widths(manifest, height)
        pixels = pixels_of(parameters, manifest, usual_width(widths))
        cell.append(Extent(sizes, pixels, max(widths, default=None)))
    return cell[0]


def extent_of_pages(directory: Path, dataset: str, skip: Collection[int]) -> Extent | None:
    """Measures what is left of pages to segment or transcribe; None if they cannot be read.

    Args:
        directory: Where they are.
        dataset: The digest of their manifest.
        skip: The numbers of those that need not be done.
    """
    try:
        manifest = manifest_of(directory, dataset)
    except BadInput:
        return None
    sizes = {image.sha256: image.size for image in images_of(manifest, skip)}
    return Extent(sizes, (len(manifest.pages) - len(skip)) * PAGE_PIXELS, None)


def manifest_of(directory: Path, dataset: str) -> Manifest:
    """Reads the manifest of pages, once.

    Args:
        directory: Where they are.
        dataset: Its digest.

    Raises:
        BadInput: It is not there any more.
    """
    cell = _manifest_cell(dataset)
    if not cell:
        cell.append(PackedDataset.load(directory).manifest)
    return cell[0]


def images_of(manifest: Manifest, skip: Collection[int]) -> tuple[PageImage, ...]:
    """Returns each image once that a page shows which is to be done."""
    left = set(skip)
    pages = (page for number, page in enumerate(manifest.pages) if number not in left)
    return tuple({page.image.sha256: page.image for page in pages}.values())


@lru_cache(maxsize=16)
def _manifest_cell(_dataset: str) -> list[Manifest]:
    """Returns where a manifest is kept: of pages without lines it is small."""
    return []


@lru_cache(maxsize=REMEMBERED)
def _cell(_dataset: str, _kind: str, _height: int) -> list[Extent]:
    """Returns where a dataset's extent is kept: nothing at first. Many jobs have the same, each in its own folder."""
    return []
