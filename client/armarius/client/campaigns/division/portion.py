"""The size of the next part."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from armarius.functions.contracts import MOST_PAGES

LEAST_SECONDS = 60.0
"""A part shall compute for at least as long, but for what is left at the end."""

MOST_SECONDS = 3600.0
"""And at most for as long: what a lost site had must be done again."""

FIRST = 100
"""Pages of a part for a site that was never measured."""


@dataclass(frozen=True)
class SiteState:
    """A site as the division sees it.

    Attributes:
        name: Its name.
        rate: Pages per second of one part.
        overhead: Seconds of a part beside its computing.
        places: How many parts it may have at a time.
        at_once: How many of them it computes at a time; the others wait for these.
        parts: The pages that are not done yet, of each part that it has and that goes on as foretold.
        late: Parts that it has, and that should have ended long ago: nobody counts on them.
        measured: Whether the rate was measured, or is known from before.
        resting: Whether it is handed nothing for now.
    """

    name: str
    rate: float
    overhead: float = 0.0
    places: int = 1
    at_once: int = 1
    parts: tuple[int, ...] = ()
    late: int = 0
    measured: bool = True
    resting: bool = False

    @property
    def is_free(self) -> bool:
        """Whether it can be handed a part."""
        return not self.resting and len(self.parts) + self.late < self.places

    @property
    def full_rate(self) -> float:
        """Pages per second of all parts that it computes at a time."""
        return self.rate * self.at_once

    @property
    def wait(self) -> float:
        """Seconds until the first page of one more part: it begins when those that it has leave a place to it."""
        ahead = sum(self.parts) / self.full_rate if len(self.parts) >= self.at_once else 0.0
        return max(self.overhead, ahead)

    @property
    def pages_per_second(self) -> float:
        """What it does with the parts that it has, all together."""
        return self.rate * min(len(self.parts), self.at_once)

    def seconds(self, pages: int) -> float:
        """Returns what a part of so many pages takes, from handing it out to its end."""
        return self.wait + pages / self.rate


@dataclass(frozen=True)
class Portion:
    """What is to be handed out next.

    Attributes:
        site: To whom.
        pages: How many.
    """

    site: str
    pages: int


def next_portion(sites: Sequence[SiteState], remaining: int, ready: int) -> Portion | None:
    """Says what to hand out next; None if nothing just now.

    Of what remains, half is meant for one part at each place of each site, in proportion to their rates: "weighted
    factoring" (Hummel, Schmidt, Uma and Wein, Load-sharing in heterogeneous systems via weighted factoring, SPAA 1996,
    after Factoring by Hummel, Schonberg and Flynn, Communications of the ACM 35(8), 1992), with weights measured
    while it goes on. It is applied to each part anew, as guided self-scheduling does (Polychronopoulos and Kuck, IEEE
    Transactions on Computers 36(12), 1987). So parts become smaller, and each as long as the others of its time.

    A part is no smaller than pays for its overhead. And a site is given no more than lets it end when those who are at
    work would have done all the rest: a slow one, or one with a long queue, does not keep the end waiting.

    Args:
        sites: All that may be handed something.
        remaining: Pages that are neither done nor handed out.
        ready: How many of them could be handed out now; the images of the others are still on their way.
    """
    usable = [site for site in sites if not site.resting]
    choices = [
        (site.seconds(pages), site.name, Portion(site.name, pages))
        for site in usable
        if site.is_free and (pages := _pages_for(site, usable, remaining, ready))
    ]
    return min(choices)[2] if choices else None


def _pages_for(site: SiteState, usable: Sequence[SiteState], remaining: int, ready: int) -> int:
    """Returns how many pages a site is given; 0 for none now."""
    least, wanted = _least(site), _factored(site, usable, remaining)
    pages = min(max(least, wanted), most_for(site), remaining, _as_long_as_others(site, usable, remaining))
    return min(pages, ready) if ready >= min(least, pages) else 0


def _least(site: SiteState) -> int:
    return max(1, min(math.ceil(site.rate * max(LEAST_SECONDS, site.overhead)), most_for(site)))


def _factored(site: SiteState, usable: Sequence[SiteState], remaining: int) -> int:
    return math.ceil(remaining * site.rate / (2 * sum(each.full_rate for each in usable)))


def most_for(site: SiteState) -> int:
    """Returns the most pages of a part."""
    return max(1, min(MOST_PAGES if site.measured else FIRST, int(site.rate * MOST_SECONDS)))


def _as_long_as_others(site: SiteState, usable: Sequence[SiteState], remaining: int) -> int:
    """Returns the pages with which a site would end when the parts elsewhere, going on with the rest, would end, too.

    With ``n`` pages here, the others have ``work - n`` pages to do: ``wait + n / rate = (work - n) / others``. Its own
    parts that come before this one are in its wait; those that it computes beside this one are such others, too.
    """
    beside = site.at_once - 1
    elsewhere = [each for each in usable if each is not site]
    others = sum(each.pages_per_second for each in elsewhere) + site.rate * min(len(site.parts), beside)
    if not others:
        return remaining
    work = remaining + sum(sum(each.parts) for each in elsewhere) + (sum(site.parts) if beside else 0)
    return max(0, int((work / others - site.wait) / (1 / site.rate + 1 / others)))
