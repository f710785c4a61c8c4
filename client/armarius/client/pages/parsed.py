"""What a transcription says, whichever schema it is written in, before anything is checked."""

from dataclasses import dataclass
from typing import Literal

from armarius.functions.contracts import Polygon

Direction = Literal["horizontal-lr", "horizontal-rl", "vertical-lr", "vertical-rl"]


@dataclass(frozen=True)
class ParsedLine:
    """A line as written.

    Attributes:
        id: Its identifier; empty where the file gives none.
        baseline: Its points, perhaps fewer than two; None where there is none or it cannot be read.
        boundary: The polygon around it, if there is one.
        text: The transcription; None where it is missing or blank.
        type: Its type in the file's typology.
        region: The identifier of the region that holds it, if that has an outline.
    """

    id: str
    baseline: Polygon | None
    boundary: Polygon | None
    text: str | None
    type: str = "default"
    region: str | None = None


@dataclass(frozen=True)
class ParsedRegion:
    """A region as written, with its outline."""

    id: str
    boundary: Polygon
    type: str


@dataclass(frozen=True)
class ParsedPage:
    """A transcription as written.

    Attributes:
        image: The name of the image, exactly as the file gives it.
        size: Width and height that the file declares for the image, in pixels, or None.
        lines: In the order of the file.
        regions: In the order of the file; only those that have an outline.
        direction: The principal direction of writing, if the file says.
        warnings: What could not be read, each naming its line or region.
    """

    image: str
    size: tuple[int, int] | None
    lines: tuple[ParsedLine, ...]
    regions: tuple[ParsedRegion, ...] = ()
    direction: Direction | None = None
    warnings: tuple[str, ...] = ()
