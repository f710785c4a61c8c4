"""A pool that does the parts of campaigns in no time but that of its clock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.chunks import (
    Chunk,
    ChunkImage,
    ChunkState,
    ChunkView,
    PageBrought,
    SiteOffer,
)
from armarius.client.campaigns.events import PageDone
from armarius.client.testing.clock import FakeClock
from armarius.functions.contracts import ArmariusError


@dataclass
class FakeReader:
    """A site, as it really is; a campaign only learns it by measuring.

    Attributes:
        rate: Pages per second of a part.
        overhead: Seconds until a part begins.
        places: Parts that it takes at a time.
        away: Whether it is out of reach: it takes nothing, and what it has stands still.
        one_by_one: Whether it computes one part at a time, however many it takes.
    """

    rate: float = 1.0
    overhead: float = 0.0
    places: int = 1
    away: bool = False
    one_by_one: bool = False


@dataclass
class _Part:
    asked: Asked
    chunk: Chunk
    at: float
    cancelled: bool = False
    forgotten: bool = False


@dataclass
class FakeChunks:
    """Fulfils the port.

    Attributes:
        folder: Where parts leave their files.
        clock: Which ``wait`` turns.
        readers: The sites by name.
        faults: Images that are left out, each with its fault.
        poison: Images that make the part fail that they are in.
        broken: If it says something, every part fails with it.
        refused: If set, it is raised when a part is handed out.
        parts: All that were handed out, by id.
    """

    folder: Path
    clock: FakeClock
    readers: dict[str, FakeReader] = field(default_factory=lambda: {"alpha": FakeReader()})
    faults: dict[str, str] = field(default_factory=dict)
    poison: set[str] = field(default_factory=set)
    broken: str = ""
    refused: ArmariusError | None = None
    parts: dict[str, _Part] = field(default_factory=dict)

    def sites(self, asked: Asked) -> Sequence[SiteOffer]:
        """Offers the sites that are not away."""
        return [SiteOffer(name, reader.places) for name, reader in self.readers.items() if not reader.away]

    def submit(self, asked: Asked, chunk: Chunk) -> None:
        """Takes a part, once."""
        if self.refused is not None:
            raise self.refused
        self.parts.setdefault(chunk.id, _Part(asked, chunk, self.clock.now()))

    def look(self, chunk_id: str) -> ChunkView:
        """Says how a part stands at this moment."""
        part = self.parts.get(chunk_id)
        if part is None:
            return ChunkView(ChunkState.UNKNOWN)
        reader, images = self.readers[part.chunk.site], part.chunk.images
        seconds = 0.0 if reader.away else max(0.0, self.clock.now() - self._begins(part))
        done = min(len(images), int(seconds * reader.rate + 1e-6))
        if part.cancelled:
            return ChunkView(ChunkState.CANCELLED, done, seconds, self._brought(part, done))
        if self.broken or (done == len(images) and self.poison & {image.sha256 for image in images}):
            return ChunkView(ChunkState.FAILED, error=self.broken or "the worker died")
        if done < len(images):
            return ChunkView(ChunkState.COMPUTING if seconds else ChunkState.WAITING, done, seconds)
        return ChunkView(ChunkState.DONE, done, len(images) / reader.rate, self._brought(part, done))

    def cancel(self, chunk_id: str) -> None:
        """Ends a part."""
        if chunk_id in self.parts:
            self.parts[chunk_id].cancelled = True

    def forget(self, chunk_id: str) -> None:
        """Notes that a part was taken in."""
        self.parts[chunk_id].forgotten = True

    def wait(self, seconds: float) -> None:
        """Lets the time pass."""
        self.clock.pass_(seconds)

    def _begins(self, part: _Part) -> float:
        """Returns when the first page of a part is begun."""
        reader, free = self.readers[part.chunk.site], 0.0
        for each in self.parts.values() if reader.one_by_one else ():
            if each is part:
                break
            if each.chunk.site == part.chunk.site and not each.cancelled:
                free = max(free, each.at) + reader.overhead + len(each.chunk.images) / reader.rate
        return max(free, part.at) + reader.overhead

    def _brought(self, part: _Part, done: int) -> list[PageBrought]:
        return [self._page(part, image) for image in part.chunk.images[:done]]

    def _page(self, part: _Part, image: ChunkImage) -> PageBrought:
        told = PageDone(image=image.sha256, site=part.chunk.site, job=part.chunk.id, lines=3)
        if fault := self.faults.get(image.sha256):
            return PageBrought(told.model_copy(update={"fault": fault, "message": "It is no page."}), {})
        files = {}
        for form in part.asked.work.formats:
            files[form] = self.folder / part.chunk.id / f"{image.sha256}.{form}"
            files[form].parent.mkdir(parents=True, exist_ok=True)
            files[form].write_text(f"{form} of {image.sha256}")
        return PageBrought(told, files)
