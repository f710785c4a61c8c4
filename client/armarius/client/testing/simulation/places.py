"""Who computes when: the places of a site, and what a run takes there."""

import heapq

from armarius.client.placement.work import SETUP
from armarius.client.testing.simulation.world import TrueSite

OVERHEAD = 8.0
"""Seconds that any transfer takes."""


class Places:
    """The places of one site, taken in the order of arrival.

    Args:
        site: Which.
    """

    def __init__(self, site: TrueSite) -> None:
        self.site = site
        self._free = [0.0] * site.slots

    def take(self, job: str, now: float, pixels: float) -> tuple[float, float]:
        """Takes a place, and returns when the run begins and ends.

        Args:
            job: Whose.
            now: When it is handed over.
            pixels: What it computes.
        """
        begins = self.begins(job, now)
        ends = begins + SETUP + pixels * self.site.speed
        heapq.heapreplace(self._free, ends)
        return begins, ends

    def leave(self, ends: float, now: float) -> None:
        """Frees the place of a run before its end. What waits behind it begins no sooner for it: it was told when."""
        if ends > now and ends in self._free:
            self._free.remove(ends)
            heapq.heapify(self._free)
            heapq.heappush(self._free, now)

    def begins(self, job: str, now: float) -> float:
        """Returns when a run would begin that were handed over now."""
        return max(now + self.site.wait(job, now), self._free[0])

    def ahead(self, now: float) -> float:
        """Returns the seconds until a place is free."""
        return max(0.0, self._free[0] - now)

    def idle(self, now: float) -> int:
        """Returns how many places are free."""
        return sum(1 for free in self._free if free <= now)


def carrying(site: TrueSite, size: int) -> float:
    """Returns the seconds to bring so many bytes there."""
    return OVERHEAD + size / site.rate if size else 0.0
