"""Tasks as Globus Compute tells of them, asked for together and seldom."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from threading import Lock

from armarius.client.ports import Clock

FRESH_SECONDS = 4.0
"""How long what was told counts."""

OPEN_SECONDS = 60.0
"""A task that nobody has asked for in this time is not asked for with the others."""

KEPT_SECONDS = 3600.0
"""How long anything is remembered of it."""


@dataclass(frozen=True)
class Told:
    """What the service tells of a task.

    Attributes:
        status: In its words: "waiting-for-ep", "running", "success", "failed", …
        result: What the function returned, serialised, where the service still has it.
        exception: The text of what went wrong, likewise.
    """

    status: str
    result: str | None = None
    exception: str | None = None

    @property
    def ended(self) -> bool:
        """Whether no more will come."""
        return self.status in ("success", "failed") or self.result is not None or self.exception is not None


@dataclass
class _Entry:
    asked: float
    heard: float = float("-inf")
    told: Told | None = None

    def fresh(self, now: float) -> bool:
        return bool(self.told and self.told.ended) or 0 <= now - self.heard < FRESH_SECONDS


class TaskBook:
    """Knows the tasks that somebody asks for; one request brings it up to date with all of them. Safe in threads.

    Args:
        tell: Asks the service.
        clock: The time.
    """

    def __init__(self, tell: Callable[[Collection[str]], Mapping[str, Told]], clock: Clock) -> None:
        self._tell = tell
        self._clock = clock
        self._entries: dict[str, _Entry] = {}
        self._asking = Lock()

    def told(self, task: str) -> Told | None:
        """Tells what is known of a task, a few seconds old at most; None: the service does not know it.

        Raises:
            Exception: Whatever ``tell`` raises. What was known before counts no more.
        """
        with self._asking:
            now = self._clock.now()
            entry = self._entries.setdefault(task, _Entry(now))
            entry.asked = now
            if not entry.fresh(now):
                self._ask(now)
            return self._entries[task].told

    def _ask(self, now: float) -> None:
        self._entries = {task: entry for task, entry in self._entries.items() if now - entry.asked < KEPT_SECONDS}
        wanted = {
            task: entry
            for task, entry in self._entries.items()
            if now - entry.asked < OPEN_SECONDS and not (entry.told and entry.told.ended)
        }
        found = self._tell(list(wanted))
        for task, entry in wanted.items():
            entry.heard, entry.told = now, found.get(task)
