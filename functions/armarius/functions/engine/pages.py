"""From a manifest and its images to kraken's own containers, with nothing written in between."""

import warnings
from pathlib import Path

from kraken.containers import BaselineLine, Segmentation
from kraken.lib.segmentation import calculate_polygonal_environment
from PIL import Image, ImageOps, UnidentifiedImageError

from armarius.functions.contracts import Line, Manifest, Page, PageImage, Polygon, Reason
from armarius.functions.errors import EngineFault
from armarius.functions.images import FORMATS
from armarius.functions.site import Site


def readable(line: Line) -> bool:
    """Tells whether a line has a transcription to learn from."""
    return bool(line.text and line.text.strip())


def segmentation(site: Site, page: Page, manifest: Manifest) -> Segmentation:
    """Returns kraken's container of one page with its transcribed lines.

    Lines without a boundary get the one that kraken computes from the image.

    Raises:
        MissingData: Its image is not here.
        DamagedFile: Its image was not what its digest says.
        EngineFault: Its image cannot be used.
    """
    path = site.verified(page.image.sha256, f"The image of page {page.name!r}")
    lines = [line for line in page.lines if readable(line)]
    with opened(path, page) as image:
        boundaries = [line.boundary or boundary_of(image, line) for line in lines]
    return Segmentation(
        type="baselines",
        imagename=str(path),
        text_direction=manifest.text_direction,
        script_detection=False,
        lines=[
            BaselineLine(
                id=line.id,
                baseline=[tuple(point) for point in line.baseline],
                boundary=[tuple(point) for point in boundary],
                text=line.text,
            )
            for line, boundary in zip(lines, boundaries, strict=True)
            if boundary
        ],
    )


def opened(path: Path, page: Page) -> Image.Image:
    """Decodes an image once, for kraken would silently drop every line of one that it cannot read.

    Pillow's limit against decompression bombs holds: twice that many pixels are its error, and once that many ours.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image: Image.Image = Image.open(path, formats=FORMATS)
            image.load()
            image = ImageOps.exif_transpose(image)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise EngineFault(
            Reason.BAD_DATA,
            f"The image of page {page.name!r} is too large: {fault}",
            "Scale it down, or leave the page out.",
        ) from fault
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as fault:
        raise EngineFault(
            Reason.BAD_DATA,
            f"The image of page {page.name!r} cannot be read: {fault}",
            "Save it anew as JPEG, PNG or TIFF, or leave the page out.",
        ) from fault
    _check_size(image, page.name, page.image)
    return image


def _check_size(image: Image.Image, name: str, expected: PageImage) -> None:
    """Coordinates are pixels: on an image of another size than they were drawn on they are nonsense.

    Exchanged sides are taken: whether EXIF's turn was applied before the size was noted is the packer's affair.
    """
    if sorted(image.size) != sorted((expected.width, expected.height)):
        raise EngineFault(
            Reason.BAD_DATA,
            f"The image of page {name!r} has {image.width} x {image.height} pixels; "
            f"its lines were drawn on {expected.width} x {expected.height}.",
            "Export the page again.",
        )


def boundary_of(image: Image.Image, line: Line) -> Polygon | None:
    """Returns the polygon around a line as kraken computes it, or None where it cannot."""
    (polygon,) = calculate_polygonal_environment(image.convert("L"), [[list(point) for point in line.baseline]])
    return tuple((int(x), int(y)) for x, y in polygon) if polygon is not None else None
