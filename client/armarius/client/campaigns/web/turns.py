"""Whose turn it is: requests to one host, one after the other and not too many."""

import threading
from collections import defaultdict
from collections.abc import Callable

Wait = Callable[[float], None]
"""Waits for some seconds; raises where there is a reason to go."""


class Turns:
    """Gives each request its moment, for any number of threads.

    Args:
        per_second: Requests to one host, at most.
        now: A clock that only goes on, in seconds.
    """

    def __init__(self, per_second: float, now: Callable[[], float]) -> None:
        self._between = 1 / per_second
        self._now = now
        self._next: dict[str, float] = defaultdict(float)
        self._lock = threading.Lock()

    def take(self, host: str) -> float:
        """Takes the next turn at a host and returns the seconds until then."""
        with self._lock:
            now = self._now()
            turn = max(now, self._next[host])
            self._next[host] = turn + self._between
            return turn - now

    def leave_alone(self, host: str, seconds: float) -> None:
        """Lets nobody ask a host for some time, because it asked for that."""
        with self._lock:
            self._next[host] = max(self._next[host], self._now() + seconds)
