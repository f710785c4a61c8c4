"""Which parts wait for others of the same campaign: a site takes more of them than it may compute at a time."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from armarius.client.campaigns.chunks import ChunkState, ChunkView, SiteOffer
from armarius.client.campaigns.events import HandedOut


class Queueing:
    """Watches the parts at their sites. It is not remembered: a glance or two at what goes on tell it anew."""

    def __init__(self) -> None:
        self._most: defaultdict[str, int] = defaultdict(int)
        self._full: set[str] = set()
        self._behind: defaultdict[str, float] = defaultdict(float)
        self._at: float | None = None

    def note(self, parts: Iterable[HandedOut], views: Mapping[str, ChunkView], at: float) -> None:
        """Looks at all parts.

        Args:
            parts: All that are with sites, in the order in which they were handed out.
            views: As they were seen last.
            at: Now, in seconds since 1970.
        """
        seconds = 0.0 if self._at is None else max(0.0, at - self._at)
        self._at = at
        going_on: defaultdict[str, list[str]] = defaultdict(list)
        for part in parts:
            if part.chunk not in views or views[part.chunk].pages_done < len(part.pages):  # else it only comes home
                going_on[part.site].append(part.chunk)
        self._full.clear()
        for site, chunks in going_on.items():
            computed = [chunk for chunk in chunks if chunk in views and views[chunk].state is ChunkState.COMPUTING]
            most = self._most[site] = max(self._most[site], len(computed))
            behind = [chunk for chunk in chunks[most:] if chunk not in computed] if most else []
            if behind:
                self._full.add(site)
            for chunk in behind:
                self._behind[chunk] += seconds

    def at_once(self, offer: SiteOffer) -> int:
        """Returns how many parts a site computes at a time: where some wait for others, what it was seen to do."""
        return min(offer.places, self._most[offer.name]) if offer.name in self._full else offer.places

    def behind(self, chunk: str) -> float:
        """Returns the seconds for which a part has waited for others."""
        return self._behind.get(chunk, 0.0)

    def forget(self, chunk: str) -> None:
        """Notes that a part has ended."""
        self._behind.pop(chunk, None)
