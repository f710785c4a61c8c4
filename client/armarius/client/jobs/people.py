"""The ways to sites under people's own accounts: opened when a job needs one, and given up when none does."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from threading import RLock

from armarius.client.config import AnySiteConfig
from armarius.client.errors import AccountNeeded
from armarius.client.ports import Clock, Compute, Keys, Staging

MOST_LINES = 12
"""Lines to sites that are open at once. Each has a connection to Globus' message queue, and some threads."""

LINE_SECONDS = 60.0
"""A line that nobody has used for so long is hung up; the next call opens another."""

KEPT_SECONDS = 3600.0
"""All else is forgotten of a way that nobody has used for so long."""


@dataclass(frozen=True)
class SiteLink:
    """A site with the ways to reach it."""

    config: AnySiteConfig
    compute: Compute
    staging: Staging

    def close(self) -> None:
        """Ends what belongs to this process; what fails to close keeps nothing else from closing."""
        with ExitStack() as stack:
            stack.callback(self.staging.close)
            stack.callback(self.compute.close)


@dataclass(frozen=True)
class PersonalLink(SiteLink):
    """A site under somebody's own account.

    Attributes:
        hang_up: Gives the line to the site up; the next call opens another.
    """

    hang_up: Callable[[], None]


@dataclass
class _Open:
    link: PersonalLink
    stamp: str
    used: float
    line: bool = True


class People:
    """Opens sites with the keys that people have lent. Safe in threads.

    Args:
        keys: Of whom.
        make: Makes the ways to a site, from those of the pool, for a person.
        clock: The time.
    """

    def __init__(self, keys: Keys, make: Callable[[SiteLink, str], PersonalLink], clock: Clock) -> None:
        self._keys = keys
        self._make = make
        self._clock = clock
        self._open: dict[tuple[str, str], _Open] = {}
        self._guard = RLock()

    def has(self, identity: str) -> bool:
        """Tells whether somebody has lent a key that fits."""
        return self._keys.stamp(identity) is not None

    def link(self, common: SiteLink, identity: str) -> PersonalLink:
        """Returns the ways to a site under somebody's own account.

        Raises:
            AccountNeeded: They have lent no key, or it fits no more.
        """
        stamp = self._keys.stamp(identity)
        key = (common.config.name, identity)
        with self._guard:
            found = self._open.get(key)
            if found is not None and found.stamp != stamp:
                self._open.pop(key).link.close()
                found = None
            if stamp is None:
                raise AccountNeeded(
                    f"The account for {common.config.name} is not connected.", "Its owner connects it (again)."
                )
            if found is None:
                found = self._open[key] = _Open(self._make(common, identity), stamp, 0.0)
            found.used, found.line = self._clock.now(), True
            self._tidy()
            return found.link

    def through(self, change: Callable[[PersonalLink], PersonalLink]) -> None:
        """Puts something between people's jobs and the sites; those ways that are open already stay as they are."""
        make = self._make
        self._make = lambda common, identity: change(make(common, identity))

    def close(self) -> None:
        """Closes all of them."""
        with self._guard, ExitStack() as stack:
            for each in self._open.values():
                stack.callback(each.link.close)
            self._open.clear()

    def _tidy(self) -> None:
        """Hangs up lines that nobody uses, the longest unused first where there are too many."""
        now = self._clock.now()
        for key in [key for key, each in self._open.items() if now - each.used > KEPT_SECONDS]:
            self._open.pop(key).link.close()
        lines = sorted((each for each in self._open.values() if each.line), key=lambda each: each.used)
        spare = max(0, len(lines) - MOST_LINES)
        for number, each in enumerate(lines):
            if number < spare or now - each.used > LINE_SECONDS:
                each.line = False
                each.link.hang_up()
