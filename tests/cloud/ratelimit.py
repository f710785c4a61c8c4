"""How many requests an identity may make."""

import math
import time
from collections import defaultdict, deque
from collections.abc import Callable

from cloud.config import Limits


class RateLimit:
    """Counts requests in a sliding window.

    Args:
        limits: How many in what time, and whether at all.
        clock: For tests.
    """

    def __init__(self, limits: Limits, clock: Callable[[], float] = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._seen: defaultdict[str, deque[float]] = defaultdict(deque)

    def wait(self, identity: str) -> int:
        """Counts a request; returns 0 if it may be served, or the seconds to wait (then it is not counted)."""
        if not self._limits.rate_limited:
            return 0
        now, seen = self._clock(), self._seen[identity]
        while seen and now - seen[0] >= self._limits.window:
            seen.popleft()
        if len(seen) >= self._limits.requests:
            return math.ceil(self._limits.window - (now - seen[0])) or 1
        seen.append(now)
        return 0
