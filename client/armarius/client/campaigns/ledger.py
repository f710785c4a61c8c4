"""How a campaign stands, from what has happened: nothing else is remembered, so nothing can contradict the log."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Literal

from armarius.client.campaigns.asked import Asked, PageAsked
from armarius.client.campaigns.division.pace import Pace
from armarius.client.campaigns.events import (
    Ended,
    Event,
    GivenUp,
    Halted,
    HandedOut,
    Held,
    Known,
    Lost,
    NotHeld,
    PageDone,
    WentOn,
)
from armarius.client.campaigns.outages import Outages, place_of
from armarius.client.campaigns.resting import Rests
from armarius.functions.contracts import MOST_PAGES

SMALLER = 4
"""Into so many the pages of a part that failed are divided."""

MOST_ALONE = 2
"""How often an image may be alone in a part that fails."""

RECENT = 50
"""So many of the newest images tell how fast images come."""

MOST_FAILURES = 8
"""Parts that may fail one after the other before somebody must look; to find one bad page takes six."""

PageState = Literal["asked", "held", "handed out", "done", "left out"]


class Ledger:
    """Pages and parts, as they stand after the events that were applied.

    What is done is done to an image. Two pages that show the same image are done by one stroke.

    Args:
        asked: The wish.
        events: What has happened.
    """

    def __init__(self, asked: Asked, events: Iterable[Event] = ()) -> None:
        self.asked = asked
        self.held: dict[int, Held] = {}
        self.pages_of: dict[str, list[int]] = {}
        self.without_image = {page.number: page.trouble for page in asked.pages if page.trouble}
        self.to_fetch = {page.number: None for page in asked.pages if not page.trouble}
        self.results: dict[str, PageDone] = {}
        self.in_flight: dict[str, HandedOut] = {}
        self.tries: Counter[int] = Counter()
        self.alone: Counter[str] = Counter()
        self.failures = 0
        self.last_error = ""
        self.halted: Halted | None = None
        self.fetched_bytes = 0
        self.newest: deque[float] = deque(maxlen=RECENT)
        """When the newest images came, in seconds since 1970."""
        self.pace, self.rests, self.outages = Pace(), Rests(), Outages()
        self._places: dict[int, str] = {}
        self._most: dict[str, int] = {}
        self._errors: dict[str, str] = {}
        self._ready: dict[str, None] = {}
        self._flying: set[str] = set()
        self._through: Counter[PageState] = Counter()
        self.apply(*events)

    def apply(self, *events: Event) -> None:
        """Takes in what has happened."""
        for event in events:
            getattr(self, f"_{event.kind.replace('-', '_')}")(event)

    # What can be asked ---------------------------------------------------------------------------------------

    def ready(self) -> list[str]:
        """Returns the images that can be handed out, in the order of their pages."""
        return sorted(self._ready, key=self.first_page)

    @property
    def ready_count(self) -> int:
        """How many that are."""
        return len(self._ready)

    @property
    def coming_count(self) -> int:
        """Pages whose images may come soon: not those of places that are out."""
        if not self.outages:
            return len(self.to_fetch)
        return sum(not self.outages.is_lasting(self.place_of(page)) for page in self.to_fetch)

    @property
    def open_count(self) -> int:
        """Images that are not done yet; those that have not come count as different ones."""
        return len(self.to_fetch) + len(self._ready) + len(self._flying)

    def place_of(self, page: int) -> str:
        """Returns where a page's image comes from."""
        if page not in self._places:
            self._places[page] = place_of(self.asked.page(page), self.asked.source)
        return self._places[page]

    def waits_in_vain(self) -> bool:
        """Tells whether all that is left to do is to wait for places that are out for too long."""
        if not self.to_fetch or self._ready or self.in_flight:
            return False
        return all(self.outages.is_over(self.place_of(page)) for page in self.to_fetch)

    def first_page(self, sha256: str) -> int:
        """Returns the first page that shows an image."""
        return min(self.pages_of[sha256])

    def most_for(self, sha256: str) -> int:
        """Returns the most pages of a part that this image may be in: fewer after each that failed."""
        return self._most.get(sha256, MOST_PAGES)

    def hopeless(self) -> dict[str, str]:
        """Returns the images that have failed alone often enough, each with why it did the last time."""
        alone = {image: error for image, error in self._errors.items() if image not in self.results}
        return {image: error for image, error in alone.items() if self.alone[image] >= MOST_ALONE}

    @property
    def is_stuck(self) -> bool:
        """Whether somebody must look: everything fails, and that is hardly the fault of the pages."""
        return self.failures >= MOST_FAILURES or (not self._through["done"] and bool(self.hopeless()))

    def images_in(self, part: HandedOut) -> tuple[str, ...]:
        """Returns the images of a part."""
        return tuple(self.held[page].sha256 for page in part.pages)

    def result(self, page: int) -> PageDone | None:
        """Returns what came of a page; None if nothing has come yet, or it has no image."""
        held = self.held.get(page)
        return self.results.get(held.sha256) if held else None

    def state(self, page: int) -> PageState:
        """Returns how a page stands."""
        if page in self.without_image:
            return "left out"
        if page not in self.held:
            return "asked"
        result = self.result(page)
        if result is None:
            return "handed out" if self.held[page].sha256 in self._flying else "held"
        return _state(result)

    def counts(self) -> Counter[PageState]:
        """Counts the pages by how they stand."""
        counts = Counter(self._through)
        counts["asked"] = len(self.to_fetch)
        counts["left out"] += len(self.without_image)
        counts["handed out"] = sum(len(self.pages_of[image]) for image in self._flying)
        counts["held"] = len(self.asked.pages) - counts.total()
        return +counts

    def left_out(self) -> Iterator[tuple[PageAsked, str]]:
        """Yields the pages that were left out, each with its reason."""
        for page in self.asked.pages:
            result = self.result(page.number)
            if page.number in self.without_image:
                yield page, self.without_image[page.number]
            elif result is not None and result.fault:
                yield page, result.message or result.fault

    @property
    def is_complete(self) -> bool:
        """Whether there is nothing left to do."""
        return not self.open_count and not self.in_flight

    # What happens --------------------------------------------------------------------------------------------

    def _held(self, event: Held) -> None:
        self.to_fetch.pop(event.page, None)
        self.held[event.page] = event
        self.pages_of.setdefault(event.sha256, []).append(event.page)
        self.newest.append(event.at)
        self.outages.came(self.place_of(event.page))
        if (result := self.results.get(event.sha256)) is not None:
            self._through[_state(result)] += 1
        elif event.sha256 not in self._flying:
            self._ready[event.sha256] = None
        if self.asked.page(event.page).file is None:
            self.fetched_bytes += event.size

    def _not_held(self, event: NotHeld) -> None:
        self.tries[event.page] += event.counts
        self.to_fetch.pop(event.page, None)
        place = self.place_of(event.page)
        if event.again:
            self.to_fetch[event.page] = None  # after the others
            self.outages.failed(place, event.page, event.message, event.at)
        else:
            self.without_image[event.page] = event.message
            self.outages.answered(place)

    def _handed_out(self, event: HandedOut) -> None:
        self.in_flight[event.chunk] = event
        for image in self.images_in(event):
            self._flying.add(image)
            del self._ready[image]

    def _ended(self, event: Ended) -> None:
        part = self.in_flight.pop(event.chunk)
        images = self.images_in(part)
        self._flying.difference_update(images)
        self._done(event.pages)
        self._ready.update({image: None for image in images if image not in self.results})
        self.pace.learn(part.site, len(event.pages), event.seconds, event.at - part.at - event.behind)
        failed = event.end == "failed" or (event.end == "done" and not event.pages)
        self.rests.note(part.site, event.end != "done" or failed, event.at)
        if event.pages:
            self.failures = 0
        elif failed:
            self.failures += 1
            self.last_error = event.error
        if event.end != "cancelled":
            self._divide(images, event.error)

    def _divide(self, images: tuple[str, ...], error: str) -> None:
        """Lets what is left of a part come in smaller ones, until it is clear whose fault it is."""
        for image in images:
            if image not in self.results:
                self._most[image] = max(1, len(images) // SMALLER)
                self.alone[image] += len(images) == 1
                self._errors[image] = error

    def _known(self, event: Known) -> None:
        self._done(event.pages)

    def _lost(self, event: Lost) -> None:
        for image in set(event.images) & set(self.results):  # two pages may tell of it together
            self._through[_state(self.results.pop(image))] -= len(self.pages_of[image])
            self._ready[image] = None

    def _given_up(self, event: GivenUp) -> None:
        self._done(event.pages)

    def _done(self, pages: tuple[PageDone, ...]) -> None:
        for page in pages:
            if page.image not in self.results:
                self.results[page.image] = page
                self._ready.pop(page.image, None)
                self._through[_state(page)] += len(self.pages_of[page.image])

    def _halted(self, event: Halted) -> None:
        self.halted = event

    def _went_on(self, event: WentOn) -> None:
        self.halted = None
        self.failures = 0
        self.rests, self.outages = Rests(), Outages()
        self.alone.clear()
        self._most.clear()
        if event.left_out:
            self._forget_left_out()

    def _forget_left_out(self) -> None:
        """Lets what was left out be tried again, but for pages that never had an image.

        Their images are brought anew: somebody may have mended them since.
        """
        self._through.pop("left out", None)
        for image in [image for image, result in self.results.items() if result.fault]:
            del self.results[image]
            for page in self.pages_of.pop(image):
                self._not_held_any_more(page)
        for page in [page for page in self.without_image if not self.asked.page(page).trouble]:
            del self.without_image[page]
            self.to_fetch[page] = None
        self.tries.clear()

    def _not_held_any_more(self, page: int) -> None:
        held = self.held.pop(page)
        self.to_fetch[page] = None
        if self.asked.page(page).file is None:
            self.fetched_bytes -= held.size


def _state(result: PageDone) -> PageState:
    return "left out" if result.fault else "done"
