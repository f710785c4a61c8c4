"""Places from which nothing comes at present: pages are not given up for that."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from armarius.client.campaigns.asked import PageAsked
from armarius.client.campaigns.web.addresses import host_of

FIRST_REST, LONGEST_REST = 5.0, 300.0
"""Seconds for which a place is left alone; they double each time."""

MOST_RESTS = 8
"""After so many rests, a quarter of an hour in all, a place is out for longer than we wait for it."""


def place_of(page: PageAsked, source: str) -> str:
    """Returns where a page's image comes from: a host, or for files all of the source.

    Args:
        page: The page.
        source: What its campaign was given.
    """
    address = page.service.id if page.service else page.address
    return source if address is None else host_of(address)


@dataclass
class _Outage:
    rests: int
    until: float
    why: str


@dataclass
class Outages:
    """Remembers from which places nothing came since something failed there that may pass.

    That a page fails says something of the page only where others come from its place: what failed is asked for again,
    and if others have come in between, it is the page. Else it is the place.
    """

    _came: Counter[str] = field(default_factory=Counter)
    _failed: dict[int, int] = field(default_factory=dict)
    """Pages that failed, each with how many had come from its place by then."""
    _outages: dict[str, _Outage] = field(default_factory=dict)

    def came(self, place: str) -> None:
        """Remembers that an image came from a place."""
        self._came[place] += 1
        self._outages.pop(place, None)

    def answered(self, place: str) -> None:
        """Remembers that a place answered, if only to refuse a page for good."""
        self._outages.pop(place, None)

    def failed(self, place: str, page: int, why: str, at: float) -> None:
        """Remembers that a page's image did not come, for a reason that may pass.

        Args:
            place: Where it should come from.
            page: The page.
            why: The reason.
            at: When, in seconds since 1970.
        """
        self._failed[page] = self._came[place]
        outage = self._outages.setdefault(place, _Outage(0, at, why))
        if at >= outage.until:  # what was asked for before says nothing new
            outage.until = at + min(LONGEST_REST, FIRST_REST * 2**outage.rests)
            outage.rests += 1
            outage.why = why

    def is_of_the_page(self, place: str, page: int) -> bool:
        """Tells whether a page that fails once more does so while others come from its place."""
        return self._came[place] > self._failed.get(page, self._came[place])

    def has_failed_now(self, place: str, page: int) -> bool:
        """Tells whether a page failed since the last image came from its place."""
        return self._failed.get(page) == self._came[place]

    def is_out(self, place: str) -> bool:
        """Tells whether nothing has come from a place since something failed there."""
        return place in self._outages

    def is_lasting(self, place: str) -> bool:
        """Tells whether a place was out also after it was left alone: it may not just have been busy."""
        return place in self._outages and self._outages[place].rests > 1

    def __bool__(self) -> bool:
        """Whether any place is out."""
        return bool(self._outages)

    def rests(self, place: str, at: float) -> bool:
        """Tells whether a place is left alone at some time, in seconds since 1970."""
        return place in self._outages and self._outages[place].until > at

    def is_over(self, place: str) -> bool:
        """Tells whether a place is out for longer than we wait for it."""
        return place in self._outages and self._outages[place].rests > MOST_RESTS

    def why(self, place: str) -> str:
        """Returns why nothing came from a place the last time; empty if it is not out."""
        return self._outages[place].why if place in self._outages else ""

    def told(self) -> Iterator[str]:
        """Says from where nothing comes, and why."""
        for place, outage in self._outages.items():
            if self.is_lasting(place):
                yield f"Nothing comes from {place} at present: {outage.why}"
