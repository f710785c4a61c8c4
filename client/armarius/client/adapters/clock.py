"""The real time."""

import time


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Returns the seconds since 1970."""
        return time.time()
