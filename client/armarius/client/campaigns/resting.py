"""Sites that are handed nothing for a while: what they were handed came to nothing."""

from dataclasses import dataclass, field

FIRST_REST, LONGEST_REST = 60.0, 3600.0
"""Seconds; it doubles each time."""


@dataclass
class Rests:
    """Remembers which sites rest, and until when."""

    _times: dict[str, int] = field(default_factory=dict)
    _until: dict[str, float] = field(default_factory=dict)

    def note(self, site: str, came_to_nothing: bool, at: float) -> None:
        """Remembers how a part ended at a site.

        Args:
            site: Which.
            came_to_nothing: Whether it failed, or had to be taken back.
            at: When, in seconds since 1970.
        """
        if not came_to_nothing:
            self._times.pop(site, None)
            self._until.pop(site, None)
            return
        times = self._times[site] = self._times.get(site, 0) + 1
        self._until[site] = at + min(LONGEST_REST, FIRST_REST * 2 ** min(times - 1, 10))

    def until(self, site: str) -> float:
        """Returns until when a site rests, in seconds since 1970; 0 if it does not."""
        return self._until.get(site, 0.0)
