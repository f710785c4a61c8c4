"""What happens in a campaign: written down when it has happened; that a part is handed out, just before."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from armarius.functions.contracts import Blob, Contract, PageFormat, Sha256

ChunkId = Annotated[str, Field(pattern=r"^[a-z0-9]{8,40}\z")]
"""Names a part that was handed out. Chosen before it is, so that handing out again is harmless."""


class FileDone(Blob):
    """A file of a page that is done.

    Attributes:
        format: What it is.
    """

    format: PageFormat


class PageDone(Contract):
    """What came of an image, and so of every page that shows it.

    Attributes:
        image: Its digest.
        fault: Why it was left out; empty if it was done.
        message: The same for people.
        lines: Lines on it.
        regions: Regions on it.
        characters: Characters read.
        confidence: Their mean confidence; None where nothing was read.
        seconds: What it took.
        site: Where.
        job: The pool's job.
        files: One in each format; none of a page that was left out.
    """

    image: Sha256
    fault: str = ""
    message: str = ""
    lines: int = 0
    regions: int = 0
    characters: int = 0
    confidence: float | None = None
    seconds: float = 0
    site: str = ""
    job: str = ""
    files: tuple[FileDone, ...] = ()


class Held(Contract):
    """A page's image is on this machine. If its content is done already, so are the page's files."""

    kind: Literal["held"] = "held"
    page: int
    sha256: Sha256
    size: int
    file: Path
    at: float


class NotHeld(Contract):
    """A page's image could not be had.

    Attributes:
        again: Whether it is tried again.
        counts: Whether that was one of its tries; where nothing comes from anywhere, it is not.
    """

    kind: Literal["not-held"] = "not-held"
    page: int
    message: str
    again: bool
    counts: bool = True
    at: float


class HandedOut(Contract):
    """A part is about to be handed out.

    Attributes:
        pages: One for each image.
    """

    kind: Literal["handed-out"] = "handed-out"
    chunk: ChunkId
    site: str
    pages: tuple[int, ...]
    at: float


class Ended(Contract):
    """A part has ended, and the files of what was done in it are in their place.

    Attributes:
        end: "cancelled" says that this campaign wished it; its pages are simply free again.
        seconds: Of computing.
        behind: Seconds for which it waited for other parts of this campaign at the same site.
    """

    kind: Literal["ended"] = "ended"
    chunk: ChunkId
    end: Literal["done", "failed", "cancelled"]
    error: str = ""
    seconds: float = 0
    behind: float = 0
    pages: tuple[PageDone, ...] = ()
    at: float


class Known(Contract):
    """Images that another campaign has done with the same models; the files are in their place."""

    kind: Literal["known"] = "known"
    pages: tuple[PageDone, ...]
    at: float


class Lost(Contract):
    """Images whose files are gone, from every page that shows them: they are done again for a page that came late."""

    kind: Literal["lost"] = "lost"
    images: tuple[Sha256, ...]
    at: float


class GivenUp(Contract):
    """Images that no site could do: the parts that they were in failed until each was alone."""

    kind: Literal["given-up"] = "given-up"
    pages: tuple[PageDone, ...]
    at: float


class Halted(Contract):
    """It goes no further until somebody wants it to.

    Attributes:
        end: "finished", "cancelled", or "stopped": one part after the other failed.
    """

    kind: Literal["halted"] = "halted"
    end: Literal["finished", "cancelled", "stopped"]
    why: str = ""
    at: float


class WentOn(Contract):
    """Somebody wanted it to go on.

    Attributes:
        left_out: Also with the pages that were left out.
    """

    kind: Literal["went-on"] = "went-on"
    left_out: bool = False
    at: float


Event = Held | NotHeld | HandedOut | Ended | Known | Lost | GivenUp | Halted | WentOn
EVENTS: TypeAdapter[tuple[Event, ...]] = TypeAdapter(tuple[Annotated[Event, Field(discriminator="kind")], ...])
