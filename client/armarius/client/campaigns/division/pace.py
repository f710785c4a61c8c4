"""How fast sites are, measured by the parts that they have done."""

from dataclasses import dataclass, field

from armarius.client.campaigns.chunks import SiteOffer

FORGET = 0.5
"""What an older part counts beside a newer one: sites change."""

USUAL_RATE = 0.2
"""Pages per second of a part where nothing was measured anywhere: a few cores."""

USUAL_OVERHEAD = 60.0
"""Seconds from handing a part out to its first page, where nothing was measured."""


@dataclass
class _Sums:
    pages: float = 0.0
    seconds: float = 0.0
    overheads: float = 0.0
    parts: float = 0.0


@dataclass
class Pace:
    """Remembers what parts took; the newest counts most."""

    _sums: dict[str, _Sums] = field(default_factory=dict)

    def learn(self, site: str, pages: int, seconds: float, wall: float) -> None:
        """Remembers a part that has ended.

        Args:
            site: Where it was.
            pages: That were done.
            seconds: Of computing.
            wall: Seconds from handing it out to its end, but for those in which it waited for others of the campaign.
        """
        if pages <= 0 or seconds <= 0:
            return
        sums = self._sums.setdefault(site, _Sums())
        sums.pages = FORGET * sums.pages + pages
        sums.seconds = FORGET * sums.seconds + seconds
        sums.overheads = FORGET * sums.overheads + max(0.0, wall - seconds)
        sums.parts = FORGET * sums.parts + 1

    @property
    def is_empty(self) -> bool:
        """Whether nothing was measured anywhere."""
        return not self._sums

    def is_measured(self, site: str) -> bool:
        """Tells whether a part of this campaign was done there."""
        return site in self._sums

    def rate(self, offer: SiteOffer) -> float:
        """Returns the pages per second of one part: measured, known from before, or as elsewhere."""
        if offer.name in self._sums:
            return _rate(self._sums[offer.name])
        if offer.rate:
            return offer.rate
        known = [_rate(sums) for sums in self._sums.values()]
        return sum(known) / len(known) if known else USUAL_RATE

    def overhead(self, offer: SiteOffer) -> float:
        """Returns the seconds from handing a part out to its first page, and from its last page to its end."""
        if offer.name in self._sums:
            return self._sums[offer.name].overheads / self._sums[offer.name].parts
        return USUAL_OVERHEAD if offer.overhead is None else offer.overhead


def _rate(sums: _Sums) -> float:
    return sums.pages / sums.seconds
