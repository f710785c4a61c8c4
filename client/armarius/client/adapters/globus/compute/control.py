"""Calls of control functions: one line to the site, given up and opened anew after any error."""

from collections.abc import Callable
from concurrent.futures import TimeoutError as FutureTimeout
from threading import Lock
from typing import Any
from uuid import UUID

from armarius.client.adapters.globus.compute.answers import opened
from armarius.client.adapters.globus.compute.backoff import Backoff
from armarius.client.adapters.globus.compute.service import Line
from armarius.client.adapters.globus.compute.troubles import answered, trouble
from armarius.client.errors import SiteUnreachable

CALL_SECONDS = 60.0
"""What a call may take: a user endpoint that must be started first takes up to a quarter of it."""

SLOW_SECONDS = {"receive": 180.0}
"""Of functions that read and write large files."""


class Control:
    """Calls control functions of one site. Safe in threads; those that call at once share the line.

    Args:
        site: The site's name.
        open_line: Opens a line.
        backoff: When to leave the site alone.
        seconds: What a call may take.
    """

    def __init__(
        self, site: str, open_line: Callable[[], Line], backoff: Backoff, seconds: float = CALL_SECONDS
    ) -> None:
        self._site = site
        self._open = open_line
        self._backoff = backoff
        self._seconds = seconds
        self._line: Line | None = None
        self._changing = Lock()

    def call(self, name: str, function: UUID, payload: dict[str, Any]) -> dict[str, Any]:
        """Calls a function and returns its answer.

        Raises:
            SiteUnreachable: No answer came, or the site is left alone for a while after that.
            SiteRefused: It answered that it will not.
            SignInNeeded: Globus does not know who asks.
        """
        self._backoff.check()
        try:
            found = self._answer(name, function, payload)
        except Exception as error:
            meant = trouble(error, self._site)
            if meant.transient:
                self._backoff.failed(meant)
            raise meant from error
        self._backoff.succeeded()
        return opened(found, self._site)

    def close(self) -> None:
        """Gives the line up; the next call opens another."""
        with self._changing:
            line, self._line = self._line, None
        if line is not None:
            line.hang_up()

    def _answer(self, name: str, function: UUID, payload: dict[str, Any]) -> Any:
        seconds = SLOW_SECONDS.get(name, self._seconds)
        line = self._current()
        try:
            future = line.send(function, payload)
            try:
                return future.result(seconds)
            except FutureTimeout as error:
                raise SiteUnreachable(f"{self._site} did not answer {name!r} within {seconds:.0f} s.") from error
        except BaseException as error:
            if not isinstance(error, Exception) or not answered(error):
                self._give_up(line)
            raise

    def _current(self) -> Line:
        with self._changing:
            if self._line is None:
                self._line = self._open()
            return self._line

    def _give_up(self, line: Line) -> None:
        """Nothing that went wrong on a line may spoil the next call."""
        with self._changing:
            if self._line is line:
                self._line = None
        line.hang_up()
