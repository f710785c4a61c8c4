"""How many pages came through in the last minutes, whatever limits it."""

from collections import deque

WINDOW = 600.0
"""Seconds that count: long enough for several parts, and what was before an outage says nothing."""

LEAST = 60.0
"""Seconds with progress before anything is told."""


class Throughput:
    """Remembers how many pages were through, and when."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, at: float, through: int) -> None:
        """Remembers it. The time before the first page is no part of it: that was spent on sending and starting.

        Args:
            at: Now, in seconds since 1970.
            through: Pages that need nothing any more.
        """
        put_back = bool(self._seen) and at < self._seen[-1][0]
        if put_back or (self._seen and through == self._seen[0][1]):
            self._seen.clear()
        self._seen.append((at, through))
        while len(self._seen) > 2 and self._seen[1][0] <= at - WINDOW:
            self._seen.popleft()

    @property
    def rate(self) -> float | None:
        """Pages per second; None as long as nothing can be told."""
        if len(self._seen) < 2:
            return None
        (first, before), (last, through) = self._seen[0], self._seen[-1]
        return (through - before) / (last - first) if last - first >= LEAST and through > before else None
