"""A dataset: transcribed pages, their split, and the digest of every image."""

from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from armarius.functions.contracts.base import Blob, Contract

Point = tuple[int, int]
"""x and y in pixels of the page image, from its upper left corner."""

Polygon = tuple[Point, ...]


class Split(str, Enum):
    """Which part of the work a page serves."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


class Line(Contract):
    """One line of writing.

    Attributes:
        id: The line's identifier in its source file.
        baseline: The polyline on which the letters stand; at least two points, in reading order.
        boundary: The polygon around the line, or None where the source gave none (the site then computes it).
        text: The transcription in logical order; None or empty where the line is not transcribed.
        type: The line's type in the source's typology.
        region: The identifier of the region that holds it.
    """

    id: str
    baseline: Annotated[Polygon, Field(min_length=2)]
    boundary: Polygon | None = None
    text: str | None = None
    type: str = "default"
    region: str | None = None


class Region(Contract):
    """A zone of the page (main text, margin, stamp …) by its polygon and type."""

    id: str
    boundary: Annotated[Polygon, Field(min_length=3)]
    type: str = "text"


class PageImage(Blob):
    """The image of a page.

    Attributes:
        width: Pixels.
        height: Pixels.
        format: Pillow's name of the file format, such as "JPEG".
    """

    width: Annotated[int, Field(gt=0)]
    height: Annotated[int, Field(gt=0)]
    format: str


class Page(Contract):
    """A page image with what is written on it."""

    name: str
    image: PageImage
    split: Split
    lines: tuple[Line, ...]
    regions: tuple[Region, ...] = ()


class Manifest(Contract):
    """A whole dataset. Its id is the digest of its canonical JSON, so what was trained on can be named for ever.

    Attributes:
        pages: At least one page, in the order in which they were packed.
        text_direction: The principal direction of the script.
        armarius_manifest: Version of this format.
    """

    armarius_manifest: Literal[1] = 1
    pages: Annotated[tuple[Page, ...], Field(min_length=1)]
    text_direction: Literal["horizontal-lr", "horizontal-rl", "vertical-lr", "vertical-rl"] = "horizontal-lr"

    @model_validator(mode="after")
    def _one_split_per_line(self) -> "Manifest":
        """A line in two splits would let the validation see what was trained on; so would a page without lines."""
        splits: dict[tuple[str, str], Split] = {}
        for page in self.pages:
            for line in [line.id for line in page.lines] or [""]:
                if splits.setdefault((page.image.sha256, line), page.split) is not page.split:
                    raise ValueError(f"line {line!r} of page {page.name!r} stands in two splits")
        return self

    def in_split(self, split: Split) -> tuple[Page, ...]:
        """Returns the pages of one split."""
        return tuple(page for page in self.pages if page.split is split)

    def transcribed_lines(self, split: Split) -> Iterator[Line]:
        """Yields the lines of one split that have a transcription."""
        for page in self.in_split(split):
            yield from (line for line in page.lines if line.text)

    def images(self) -> tuple[PageImage, ...]:
        """Returns each image once, whatever the number of pages that show it."""
        return tuple({page.image.sha256: page.image for page in self.pages}.values())
