"""Globus Compute takes 20 requests of one identity in 10 seconds; more are refused."""

import time
from collections import deque
from collections.abc import Callable
from threading import Lock

REQUESTS = 20
WINDOW_SECONDS = 10.0


class Allowance:
    """Lets through as many requests as the service takes, and makes the rest wait. Safe in threads.

    Args:
        now: The time in seconds, of a clock that nobody puts back.
        wait: Waits for some seconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic, wait: Callable[[float], object] = time.sleep) -> None:
        self._now = now
        self._wait = wait
        self._sent: deque[float] = deque(maxlen=REQUESTS)
        self._turn = Lock()

    def take(self) -> None:
        """Returns when one more request may be sent; those who wait come in turn."""
        with self._turn:
            if len(self._sent) == REQUESTS:
                free = self._sent[0] + WINDOW_SECONDS
                while (left := free - self._now()) > 0:
                    self._wait(left)
            self._sent.append(self._now())
