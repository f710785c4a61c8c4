"""The seam to the pool: parts of a campaign are handed to sites, looked at, and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Protocol

from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.events import PageDone
from armarius.functions.contracts import PageFormat


@dataclass(frozen=True)
class SiteOffer:
    """A site that takes parts now.

    Attributes:
        name: Its name.
        places: How many parts it may have at a time.
        rate: Pages per second that one part gets there, if that is known from before.
        overhead: Seconds from handing a part out to its first page, if that is known from before.
    """

    name: str
    places: int = 1
    rate: float | None = None
    overhead: float | None = None


@dataclass(frozen=True)
class ChunkImage:
    """An image of a part.

    Attributes:
        file: Where it is.
        sha256: What it is.
    """

    file: Path
    sha256: str


@dataclass(frozen=True)
class Chunk:
    """A part of a campaign; no image is in it twice.

    Attributes:
        id: Chosen before it is handed out.
        site: Where it shall be done.
        images: At most MOST_PAGES.
    """

    id: str
    site: str
    images: tuple[ChunkImage, ...]


class ChunkState(str, Enum):
    """How a part stands."""

    UNKNOWN = "unknown"
    """It was never handed out: whoever was about to do it was killed."""
    WAITING = "waiting"
    COMPUTING = "computing"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether it has ended."""
        return self in (ChunkState.DONE, ChunkState.FAILED, ChunkState.CANCELLED)


@dataclass(frozen=True)
class PageBrought:
    """What came of an image, with its files.

    Attributes:
        done: What came of it; its files are filled in when they have their place.
        files: Where each is now.
    """

    done: PageDone
    files: Mapping[PageFormat, Path]


@dataclass(frozen=True)
class ChunkView:
    """A part as it stands.

    Attributes:
        state: Whether it waits, computes or has ended.
        pages_done: How many of its pages are done, whether well or not.
        seconds: Of computing, so far.
        pages: What came of the pages, once it has ended; of one that failed, what was done before.
        error: Why it failed, or what holds it up.
    """

    state: ChunkState
    pages_done: int = 0
    seconds: float = 0.0
    pages: Sequence[PageBrought] = ()
    error: str = ""


class Chunks(Protocol):
    """Hands parts to sites. Every call may be repeated, also by another process, without harm."""

    def sites(self, asked: Asked) -> Sequence[SiteOffer]:
        """Returns the sites that may be handed a part now; none if all are away or full of others' work."""

    def submit(self, asked: Asked, chunk: Chunk) -> None:
        """Hands a part out.

        Raises:
            ArmariusError: It cannot be; ``transient`` says whether it may later.
        """

    def look(self, chunk_id: str) -> ChunkView:
        """Takes a part further if nobody else does, and tells how it stands.

        Raises:
            ArmariusError: It cannot be known now.
        """

    def cancel(self, chunk_id: str) -> None:
        """Wishes a part to end. It has when :meth:`look` says so."""

    def forget(self, chunk_id: str) -> None:
        """Deletes what a part brought: it has its place by now."""

    def wait(self, seconds: float) -> None:
        """Waits until something may have changed, at most for some seconds."""
