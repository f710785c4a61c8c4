"""Leaving a site alone that does not answer, so that it does not hold up all others."""

from armarius.client.errors import SignInNeeded, SiteUnreachable
from armarius.client.ports import Clock
from armarius.client.words import time_of_day
from armarius.functions.contracts import ArmariusError

FIRST_SECONDS = 10.0
MOST_SECONDS = 300.0


class Backoff:
    """After a failure nothing is tried for 10 s, then for twice as long each time, at most for 5 min.

    Args:
        name: Whom it is about.
        clock: The time.
    """

    def __init__(self, name: str, clock: Clock) -> None:
        self._name = name
        self._clock = clock
        self._until = 0.0
        self._pause = FIRST_SECONDS
        self._reason = ""

    def check(self) -> None:
        """Passes when it may be tried.

        Raises:
            SiteUnreachable: Not yet; the message says when, and what went wrong before.
        """
        if 0 < self._until - self._clock.now() <= MOST_SECONDS:  # more than that: the clock was put back
            raise SiteUnreachable(f"{self._name} is tried again at {time_of_day(self._until)}. Before: {self._reason}")

    def failed(self, error: ArmariusError) -> None:
        """Notes a failure. A missing sign-in is soon tried again: it costs nothing."""
        pause = FIRST_SECONDS if isinstance(error, SignInNeeded) else self._pause
        self._until = self._clock.now() + pause
        self._pause = min(2 * pause, MOST_SECONDS)
        self._reason = str(error)

    def succeeded(self) -> None:
        """Forgets all failures."""
        self._until, self._pause = 0.0, FIRST_SECONDS
