"""Pages to be segmented and transcribed: how, and what came of each."""

from enum import Enum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from armarius.functions.contracts.base import Blob, Contract, NonNegative, RunId, Sha256

PageFormat = Literal["alto", "page", "text"]
"""ALTO 4 and PAGE 2019 as kraken writes them, and plain text with one line of writing on each."""

MOST_PAGES = 2000
"""What one run may do: its report, which tells of each, must stay small. Give more as several runs."""

PageNumber = Annotated[int, Field(ge=0, lt=MOST_PAGES)]
"""The place of a page in its manifest, from 0."""


class PageParameters(Contract):
    """How to find lines on pages and read them: the words are those of ``kraken``, and so are the defaults.

    Attributes:
        segmentation: The model that finds lines and regions, or "blla", the one that kraken brings along.
        formats: In which to write each page.
        text_direction: The principal direction of lines and page; None for that of the manifest.
        input_padding: Pixels around the page before lines are found.
        padding: Pixels left and right of a line before it is read.
        batch_size: Lines that are read at once. With more than one, padding can change what is read at their ends.
        temperature: By which the confidences are smoothed.
        bidi_reordering: Bring what was read into the order of writing; "L" and "R" name its base direction.
        no_legacy_polygons: Cut lines out the new way for old models, too.
        subline_segmentation: Write words and letters with their places and confidences.
        skip: Pages that earlier runs of the job have done.
    """

    segmentation: Blob | Literal["blla"] = "blla"
    formats: Annotated[tuple[PageFormat, ...], Field(min_length=1)] = ("alto",)
    text_direction: Literal["horizontal-lr", "horizontal-rl", "vertical-lr", "vertical-rl"] | None = None
    input_padding: Annotated[int, Field(ge=0, le=2000)] = 0
    padding: Annotated[int, Field(ge=0, le=500)] = 16
    batch_size: Annotated[int, Field(ge=1, le=1024)] = 1
    temperature: Annotated[float, Field(gt=0)] = 1.0
    bidi_reordering: Literal["L", "R"] | bool = True
    no_legacy_polygons: bool = False
    subline_segmentation: bool = True
    skip: Annotated[tuple[PageNumber, ...], Field(max_length=MOST_PAGES)] = ()

    @model_validator(mode="after")
    def _each_once(self) -> "PageParameters":
        if len(set(self.formats)) < len(self.formats):
            raise ValueError("a format is named twice")
        return self


class PageFault(str, Enum):
    """Why a page was left out: a closed list, so that a client can act on it."""

    BAD_IMAGE = "bad_image"
    """The image cannot be read, is absurdly large, or is not of the size that its lines were drawn on."""
    MISSING_IMAGE = "missing_image"
    """The image was not staged, or not whole. Stage it again."""
    NO_LINES = "no_lines"
    """No line was found, and no region either where those are wanted: it may be blank."""
    OUT_OF_MEMORY = "out_of_memory"
    """It takes more memory than there is, even alone. Take a larger shape, or scale it down."""
    TOO_SLOW = "too_slow"
    """It took longer than any page may."""
    CRASHED = "crashed"
    """It killed the process that worked on it, twice."""
    NOT_UNDERSTOOD = "not_understood"
    """kraken could make nothing of it; the message holds its words."""


class PageFile(Blob):
    """A page as a file in a run's directory.

    Attributes:
        path: Relative to the run's directory.
        format: What it is.
    """

    path: str
    format: PageFormat


class PageResult(Contract):
    """What came of one page.

    Attributes:
        number: Its place in the manifest.
        page: Its name there.
        image: The digest of its image.
        run_id: The run of the job in whose directory its files are.
        fault: Why it was left out; None of a page that is done.
        message: The same for people.
        lines: Lines on it.
        regions: Regions on it.
        characters: Characters read.
        confidence: Their mean confidence, as the model sees itself; None where nothing was read.
        seconds: What it took, from opening the image.
        files: One in each format that was asked for; none of a page that was left out.
    """

    number: PageNumber
    page: str
    image: Sha256
    run_id: RunId
    fault: PageFault | None = None
    message: str = ""
    lines: Annotated[int, Field(ge=0)] = 0
    regions: Annotated[int, Field(ge=0)] = 0
    characters: Annotated[int, Field(ge=0)] = 0
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    seconds: NonNegative = 0
    files: tuple[PageFile, ...] = ()

    @property
    def done(self) -> bool:
        """Whether it was done, not left out."""
        return self.fault is None
