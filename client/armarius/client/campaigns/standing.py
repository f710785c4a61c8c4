"""How a campaign stands, for people and programs: by page, with its estimated end."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.chunks import ChunkView
from armarius.client.campaigns.division.portion import SiteState
from armarius.client.campaigns.ledger import Ledger, PageState
from armarius.functions.contracts import Contract


class CampaignState(str, Enum):
    """Where a campaign is."""

    READY = "ready"
    """Nobody works on it; it goes on when somebody does."""
    RUNNING = "running"
    PAUSING = "pausing"
    """It hands nothing out any more, and waits for what it has handed out."""
    PAUSED = "paused"
    CANCELLING = "cancelling"
    STOPPED = "stopped"
    """One part after the other failed: it waits for somebody to mend that."""
    CANCELLED = "cancelled"
    FINISHED = "finished"

    @property
    def final(self) -> bool:
        """Whether it goes no further by itself."""
        return self in (CampaignState.STOPPED, CampaignState.CANCELLED, CampaignState.FINISHED)


class PartStanding(Contract):
    """A part that is at a site.

    Attributes:
        chunk: Its id.
        site: Where.
        state: Whether it waits or computes.
        pages: Pages that it has.
        done: Of them.
    """

    chunk: str
    site: str
    state: str
    pages: int
    done: int


class Now(Contract):
    """What only the process that works on a campaign knows; it writes it down for the others, now and then.

    Attributes:
        at: When, in seconds since 1970.
        parts: At sites.
        seconds_left: Until the end; None where nothing was measured yet.
        trouble: Why something could not be done; it is tried again.
    """

    at: float
    parts: tuple[PartStanding, ...] = ()
    seconds_left: float | None = None
    trouble: str = ""


@dataclass(frozen=True)
class Standing:
    """A campaign as it stands.

    Attributes:
        asked: What was asked.
        state: Where it is.
        counts: Pages by how they stand.
        now: What was known last of its parts.
        why: Why it stopped.
    """

    asked: Asked
    state: CampaignState
    counts: Counter[PageState]
    now: Now
    why: str = ""

    @property
    def pages(self) -> int:
        """Pages in all."""
        return len(self.asked.pages)

    @property
    def through(self) -> int:
        """Pages that need nothing any more, with those that are done in parts that go on."""
        return self.counts["done"] + self.counts["left out"] + sum(part.done for part in self.now.parts)


def now_of(
    ledger: Ledger, views: Mapping[str, ChunkView], sites: Sequence[SiteState], at: float, trouble: str = ""
) -> Now:
    """Tells what is known of the parts, and when all will be done.

    Args:
        ledger: The campaign.
        views: The parts as they were seen last.
        sites: Those that take parts.
        at: Now, in seconds since 1970.
        trouble: Why something could not be done.
    """
    parts = []
    for chunk, part in ledger.in_flight.items():
        view = views.get(chunk)
        state = view.state.value if view else "waiting"
        done = min(view.pages_done, len(part.pages)) if view else 0
        parts.append(PartStanding(chunk=chunk, site=part.site, state=state, pages=len(part.pages), done=done))
    left = _seconds_left(ledger, tuple(parts), sites, at)
    return Now(at=at, parts=tuple(parts), seconds_left=left, trouble=trouble)


def _seconds_left(
    ledger: Ledger, parts: tuple[PartStanding, ...], sites: Sequence[SiteState], at: float
) -> float | None:
    """Estimates by what limits: computing, or the coming of images."""
    rate = sum(site.full_rate for site in sites)
    if ledger.pace.is_empty or not rate:
        return None
    computing = max(0, ledger.open_count - sum(part.done for part in parts)) / rate
    return max(computing, _seconds_to_fetch(ledger, at))


def _seconds_to_fetch(ledger: Ledger, at: float) -> float:
    """Images come as fast as the newest did."""
    if not ledger.to_fetch or len(ledger.newest) < 2:
        return 0.0
    return len(ledger.to_fetch) * max(0.0, at - ledger.newest[0]) / len(ledger.newest)
