"""A campaign whose process is killed between any two things that it does: no page is lost, and none is done twice."""

import json
import zlib
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armarius.client.campaigns import filing
from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.chunks import Chunk
from armarius.client.campaigns.events import EVENTS, Event
from armarius.client.campaigns.log import CampaignLog
from armarius.client.campaigns.standing import CampaignState
from armarius.client.testing import Crash, FakeClock
from armarius.client.testing.chunks import FakeChunks, FakeReader
from armarius.functions.files import write_bytes
from support.campaigns import FakeImages, asked, driving, run


class Fuse:
    """Burns down with everything that is done; at its end, the process is killed."""

    def __init__(self) -> None:
        self.left: int | None = None

    def burn(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise Crash

    @property
    def is_about_to_end(self) -> bool:
        return self.left == 0


FUSE = Fuse()


class BurningLog(CampaignLog):
    """A log whose process may be killed before, while, or after it writes."""

    def write(self, *events: Event) -> None:
        if events and FUSE.is_about_to_end:
            content = EVENTS.dump_json(events)
            line = b"%08x %s\n" % (zlib.crc32(content), content)
            self._file.write(line[: len(line) // 2])
        FUSE.burn()
        super().write(*events)
        FUSE.burn()


class BurningChunks(FakeChunks):
    def submit(self, asked: Asked, chunk: Chunk) -> None:
        FUSE.burn()
        super().submit(asked, chunk)
        FUSE.burn()

    def forget(self, chunk_id: str) -> None:
        FUSE.burn()
        super().forget(chunk_id)


def burning_write(path: Path, content: bytes) -> None:
    FUSE.burn()
    write_bytes(path, content)


def survive(folder: Path, chunks: FakeChunks, wish: Asked, fuses: list[int]) -> int:
    """Works on a campaign, killed whenever a fuse has burnt down, to its end; returns how often it was killed."""
    killed = 0
    with mock.patch.object(filing, "write_bytes", burning_write):
        while True:
            FUSE.left = fuses[killed] if killed < len(fuses) else None
            try:
                with driving(folder, chunks, wish, FakeImages(), BurningLog) as driven:
                    assert run(driven) is CampaignState.FINISHED
                    return killed
            except Crash:
                killed += 1


def check(folder: Path, chunks: FakeChunks, wish: Asked) -> None:
    told: list[dict[str, Any]] = json.loads((folder / "pages.json").read_text())["pages"]
    assert [page["number"] for page in told] == [page.number for page in wish.pages]
    assert {page["state"] for page in told} == {"done"}
    assert sorted(path.name for path in folder.glob("*.xml")) == sorted(name for page in told for name in page["files"])
    for page in told:
        (name,) = page["files"]
        assert (folder / name).read_text() == f"alto of {page['image']['sha256']}"
    computed = Counter(image.sha256 for part in chunks.parts.values() for image in part.chunk.images)
    assert set(computed.values()) == {1}, "an image was in two parts"
    assert set(computed) == {page["image"]["sha256"] for page in told}


def pool(folder: Path) -> BurningChunks:
    readers = {"alpha": FakeReader(2.0, 1), "beta": FakeReader(0.5, 3)}
    return BurningChunks(folder / "pool", FakeClock(), readers)


WISH = asked("a", "b", "blank", "c", "d", "blank", "e", "f", "a")


def test_killed_at_any_moment(tmp_path: Path) -> None:
    moment = 0
    while True:
        folder = tmp_path / str(moment)
        chunks = pool(folder)
        killed = survive(folder / "out", chunks, WISH, [moment])
        check(folder / "out", chunks, WISH)
        if not killed:
            break
        moment += 1
    assert moment > 15


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(0, 25), max_size=8))
def test_killed_again_and_again(fuses: list[int]) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        chunks = pool(folder)
        survive(folder / "out", chunks, WISH, fuses)
        check(folder / "out", chunks, WISH)


@pytest.mark.parametrize("moment", range(0, 40, 3))
def test_killed_while_another_campaigns_pages_are_taken(tmp_path: Path, moment: int) -> None:
    chunks = pool(tmp_path)
    first = asked("a", "b", "x")
    survive(tmp_path / "first", chunks, first, [])
    before = len(chunks.parts)
    wish = WISH.model_copy(update={"reuse": (tmp_path / "first",)})
    survive(tmp_path / "second", chunks, wish, [moment])
    again = {image.sha256 for part in list(chunks.parts.values())[before:] for image in part.chunk.images}
    told = json.loads((tmp_path / "second" / "pages.json").read_text())["pages"]
    assert {page["state"] for page in told} == {"done"}
    assert len(list((tmp_path / "second").glob("*.xml"))) == 9
    assert len(again) == 5  # blank, c, d, e, f
