"""Which images go to which site next."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from armarius.client.campaigns.chunks import ChunkState, ChunkView, SiteOffer
from armarius.client.campaigns.division.portion import SiteState, next_portion
from armarius.client.campaigns.division.queueing import Queueing
from armarius.client.campaigns.events import HandedOut
from armarius.client.campaigns.ledger import Ledger

LATE = 3.0
"""A part that takes so many times what was foretold is late: others are not kept waiting for it."""


@dataclass(frozen=True)
class Next:
    """What to hand out.

    Attributes:
        site: To whom.
        images: Digests.
    """

    site: str
    images: tuple[str, ...]


def next_part(ledger: Ledger, sites: Sequence[SiteState]) -> Next | None:
    """Chooses what to hand out next; None if nothing just now.

    Args:
        ledger: The campaign.
        sites: Those that take parts, as :func:`site_states` describes them.
    """
    if not ledger.ready_count or not any(site.is_free for site in sites):
        return None
    ready = ledger.ready()
    # Images of parts that failed come last, and in parts of their own: they keep nothing good waiting.
    most = max(ledger.most_for(image) for image in ready)
    alike = [image for image in ready if ledger.most_for(image) == most]
    others = len(ready) - len(alike)
    portion = next_portion(sites, ledger.coming_count + len(ready), len(alike) if not others else len(ready))
    return None if portion is None else Next(portion.site, tuple(alike[: min(portion.pages, most)]))


def site_states(
    ledger: Ledger, offers: Sequence[SiteOffer], views: Mapping[str, ChunkView], queueing: Queueing, at: float
) -> list[SiteState]:
    """Describes the sites to the division. One that should rest does not, where there is no other.

    Args:
        ledger: The campaign.
        offers: The sites that take parts.
        views: The parts as they were seen last.
        queueing: Which of them wait for others.
        at: Now, in seconds since 1970.
    """
    states = [_site_state(ledger, offer, views, queueing, at) for offer in offers]
    return states if any(not state.resting for state in states) else [replace(s, resting=False) for s in states]


def _site_state(
    ledger: Ledger, offer: SiteOffer, views: Mapping[str, ChunkView], queueing: Queueing, at: float
) -> SiteState:
    mine = {chunk: part for chunk, part in ledger.in_flight.items() if part.site == offer.name}
    late = [chunk for chunk, part in mine.items() if _is_late(ledger, offer, part, queueing, at)]
    left = tuple(
        max(1, len(part.pages) - (views[chunk].pages_done if chunk in views else 0))
        for chunk, part in mine.items()
        if chunk not in late
    )
    return SiteState(
        offer.name,
        rate=ledger.pace.rate(offer),
        overhead=ledger.pace.overhead(offer),
        places=offer.places,
        at_once=queueing.at_once(offer),
        parts=left,
        late=len(late),
        measured=ledger.pace.is_measured(offer.name) or offer.rate is not None,
        resting=ledger.rests.until(offer.name) > at,
    )


def _is_late(ledger: Ledger, offer: SiteOffer, part: HandedOut, queueing: Queueing, at: float) -> bool:
    """Tells whether a part should have ended long ago; the time in which it waited for others does not count."""
    foretold = ledger.pace.overhead(offer) + len(part.pages) / ledger.pace.rate(offer)
    return at - part.at - queueing.behind(part.chunk) > LATE * foretold


def to_take_back(
    ledger: Ledger, offers: Sequence[SiteOffer], views: Mapping[str, ChunkView], queueing: Queueing, at: float
) -> list[str]:
    """Chooses parts that wait at a site far too long, while another site has nothing to do: they may go there.

    One that computes is left alone: it may end any moment.
    """
    if ledger.to_fetch or ledger.ready_count:
        return []
    sites = site_states(ledger, offers, views, queueing, at)
    by_name = {offer.name: offer for offer in offers}
    return [
        chunk
        for chunk, part in ledger.in_flight.items()
        if chunk in views and views[chunk].state is ChunkState.WAITING
        if part.site not in by_name or _is_late(ledger, by_name[part.site], part, queueing, at)
        if any(site.is_free and site.name != part.site for site in sites)
    ]
