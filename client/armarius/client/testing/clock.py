"""A clock that a test turns."""


class FakeClock:
    """Stands still until it is told to go on.

    Args:
        now: Seconds since 1970 to begin with.
    """

    def __init__(self, now: float = 1_000_000.0) -> None:
        self._now = now

    def now(self) -> float:
        """Returns the time that was set."""
        return self._now

    def pass_(self, seconds: float) -> None:
        """Lets time pass."""
        self._now += seconds
