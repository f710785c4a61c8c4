"""Campaigns for tests: without a web and without sites, in the time of a fake clock."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Executor, Future
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from armarius.client.campaigns.asked import Asked, PageAsked, Work
from armarius.client.campaigns.bringing import Bringing
from armarius.client.campaigns.driving import Driving
from armarius.client.campaigns.errors import FetchFailed
from armarius.client.campaigns.images import Brought
from armarius.client.campaigns.log import CampaignLog
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.campaigns.standing import CampaignState
from armarius.client.campaigns.web.manners import Manners
from armarius.client.testing import FakeClock
from armarius.client.testing.chunks import FakeChunks
from armarius.functions.contracts import Blob

MODEL = Blob(sha256="c" * 64, size=10, name="catmus")


class AtOnce(Executor):
    """Does what it is given before it returns, so that a test knows what happens when."""

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


class FakeImages:
    """Images that are what their page is called: pages called alike show the same image."""

    def __init__(self, **failing: int) -> None:
        self.failing = failing
        self.gone: set[str] = set()
        self.odd: dict[str, Exception] = {}
        self.content: dict[str, str] = {}
        self.away = False
        self.sought = 0
        self.brought: list[int] = []

    def bring(self, page: PageAsked) -> Brought:
        self.sought += 1
        if self.away:
            raise FetchFailed(page.name, "does not answer.", True)
        if page.name in self.odd:
            raise self.odd[page.name]
        if page.name in self.gone:
            raise FetchFailed(page.name, "is gone.")
        if self.failing.get(page.name, 0) > 0:
            self.failing[page.name] -= 1
            raise FetchFailed(page.name, "did not answer in time.", True)
        self.brought.append(page.number)
        return Brought(Path("/images") / page.name, digest_of(self.content.get(page.name, page.name)), 1000)


def digest_of(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def asked(*names: str, count: int = 0, **fields: Any) -> Asked:
    """A wish for pages called so, or for so many."""
    every = names or tuple(f"p{number}" for number in range(1, count + 1))
    pages = tuple(
        PageAsked(number=number, name=name, address=f"https://example.org/{name}")
        for number, name in enumerate(every, 1)
    )
    given: dict[str, Any] = {
        "id": "0123456789ab", "name": "letters", "source": "letters.txt", "source_sha256": "a" * 64, "pages": pages,
        "work": Work(task="transcribe", model=MODEL), "manners": Manners(),
    }  # fmt: skip
    return Asked(**given | fields)


@contextmanager
def driving(
    folder: Path,
    chunks: FakeChunks,
    wish: Asked | None = None,
    images: FakeImages | None = None,
    log: type = CampaignLog,
) -> Iterator[Driving]:
    """One process that works on a campaign, until the block ends."""
    place = CampaignPlace(folder)
    if wish is not None and not place.asked_path.exists():
        place.write_asked(wish)
    with place.locked(), closing(log(place.log_path)) as opened:
        bringing = Bringing(images or FakeImages(), AtOnce(), 64)
        driven = Driving(place, place.asked(), opened, chunks, bringing, chunks.clock)
        yield driven
        assert driven.ledger.counts() == Counter(driven.ledger.state(page.number) for page in driven.ledger.asked.pages)


def run(driven: Driving, most: int = 5000, tick: float = 1.0) -> CampaignState:
    """Takes a campaign further until it goes no further."""
    for _ in range(most):
        state = driven.step()
        if state.final or state is CampaignState.PAUSED:
            return state
        driven.rest(tick)
    raise AssertionError(f"it did not end: {driven.state}, {driven.ledger.counts()}, {driven.trouble}")


def pool(folder: Path, **fields: Any) -> FakeChunks:
    return FakeChunks(folder / "pool", FakeClock(), **fields)
