"""Taking images in: as many as will soon be needed, and writing down which have come."""

import logging
from collections.abc import Iterator
from itertools import islice

from armarius.client.campaigns.asked import PageAsked
from armarius.client.campaigns.bringing import Bringing
from armarius.client.campaigns.errors import FetchFailed
from armarius.client.campaigns.events import Event, Held, Known, Lost, NotHeld
from armarius.client.campaigns.filing import Filing
from armarius.client.campaigns.images import Brought
from armarius.client.campaigns.ledger import Ledger
from armarius.client.campaigns.web.visitor import Left
from armarius.client.ports import Clock
from armarius.functions.contracts import MOST_PAGES

_LOG = logging.getLogger(__name__)

AHEAD = 2 * MOST_PAGES
"""Images that may wait on this machine to be handed out."""

MOST_FETCHES = 3
"""How often a page's image is sought in vain while others come, each time with all tries that manners allow."""


class Intake:
    """Brings a campaign's images and tells what became of them; the caller writes that down.

    Args:
        ledger: How the campaign stands.
        bringing: Brings images.
        filing: Files pages whose image was done before.
        clock: The time.
    """

    def __init__(self, ledger: Ledger, bringing: Bringing, filing: Filing, clock: Clock) -> None:
        self._ledger, self._bringing, self._filing, self._clock = ledger, bringing, filing, clock
        self._manners = ledger.asked.manners
        self._known = filing.known()

    def begin(self) -> list[Event]:
        """Begins to bring more images, and tells of those that may not be brought any more."""
        under_way = self._bringing.pages()
        room = min(self._bringing.room, AHEAD - self._ledger.ready_count - len(under_way))
        refused: list[Event] = []
        for number in list(islice(self._wanted(under_way), max(0, room))):
            page = self._ledger.asked.page(number)
            if page.file is None and self._ledger.fetched_bytes >= self._manners.most_in_all:
                most = self._manners.most_in_all / 1e9
                message = f"Its image was not fetched: the campaign has fetched {most:.0f} GB, its limit."
                refused.append(NotHeld(page=number, message=message, again=False, at=self._clock.now()))
            else:
                self._bringing.begin(page)
        return refused

    def _wanted(self, under_way: set[int]) -> Iterator[int]:
        """Yields the pages whose images may be sought now; of a place from which nothing comes, one at a time."""
        ledger, outages, at = self._ledger, self._ledger.outages, self._clock.now()
        asked = {ledger.place_of(page) for page in under_way}
        for page in ledger.to_fetch:
            place = ledger.place_of(page)
            if page in under_way or outages.rests(place, at) or (outages.is_out(place) and place in asked):
                continue
            asked.add(place)
            yield page

    def sought_in_vain(self) -> list[Event]:
        """Tells that a try is used up of the pages that were sought last at places from which nothing comes."""
        ledger = self._ledger
        return [
            self._not_held(self._ledger.asked.page(page), ledger.outages.why(ledger.place_of(page)), counts=True)
            for page in ledger.to_fetch
            if ledger.outages.has_failed_now(ledger.place_of(page), page)
        ]

    def arrived(self) -> list[Event]:
        """Tells which images have come since the last time, and which could not be had.

        Raises:
            OSError: There is no room for one, say; it is brought again later.
        """
        events: list[Event] = []
        for page, future in self._bringing.arrived():
            try:
                image = future.result()
            except Left:
                continue
            except FetchFailed as error:
                events.append(self._failed(page, error))
            except OSError:
                raise
            except Exception as error:  # one odd page must not keep all others waiting, now and each time after
                _LOG.exception("The image of page %d cannot be brought.", page.number)
                message = f"Its image cannot be brought: {type(error).__name__}."
                events.append(NotHeld(page=page.number, message=message, again=False, at=self._clock.now()))
            else:
                events += self._held(page, image)
        return events

    def _failed(self, page: PageAsked, error: FetchFailed) -> Event:
        """Tells that an image did not come. That is held against the page only if others come from where it is."""
        if not error.transient:
            return NotHeld(page=page.number, message=error.message, again=False, at=self._clock.now())
        place = self._ledger.place_of(page.number)
        return self._not_held(page, error.message, counts=self._ledger.outages.is_of_the_page(place, page.number))

    def _not_held(self, page: PageAsked, message: str, *, counts: bool) -> Event:
        again = self._ledger.tries[page.number] + counts < MOST_FETCHES
        return NotHeld(page=page.number, message=message, again=again, counts=counts, at=self._clock.now())

    def _held(self, page: PageAsked, image: Brought) -> list[Event]:
        """Tells of an image, after its page was filed if its content is done already, here or in another campaign."""
        at = self._clock.now()
        held = Held(page=page.number, sha256=image.sha256, size=image.size, file=image.file, at=at)
        if done := self._ledger.results.get(image.sha256):
            twins = sorted(self._ledger.pages_of[image.sha256])
            if not self._filing.file_twin(done, twins, page.number, image.file.name):
                return [Lost(images=(image.sha256,), at=at), held]
        elif known := self._known.get(image.sha256):
            pages = {twin: self._ledger.held[twin].file.name for twin in self._ledger.pages_of.get(image.sha256, ())}
            try:
                return [held, Known(pages=(self._filing.file(known, pages | {page.number: image.file.name}),), at=at)]
            except FileNotFoundError:  # it was there when the campaign was taken further
                del self._known[image.sha256]
        return [held]
