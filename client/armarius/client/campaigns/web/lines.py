"""Lines to servers, on which reading can be ended from another thread: who reads looks at no clock."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter

Note = Callable[[socket.socket], None]


class Lines:
    """Knows for each thread on which line it waits for an answer."""

    def __init__(self) -> None:
        self._lines: dict[int, socket.socket] = {}
        self._over: set[int] = set()
        self._all_over = False

    def note(self, line: socket.socket) -> None:
        """Remembers that this thread begins to wait for an answer on a line; if its time is over, it need not."""
        thread = threading.get_ident()
        self._lines[thread] = line
        if self._all_over or thread in self._over:
            self._end(thread)

    @contextmanager
    def watched(self, seconds: float) -> Iterator[None]:
        """Ends what this thread reads if the block takes longer."""
        thread = threading.get_ident()
        self._over.discard(thread)
        timer = threading.Timer(max(0.0, seconds), self._end, [thread])
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self._lines.pop(thread, None)
            self._over.discard(thread)

    def end_all(self) -> None:
        """Ends what all threads read, now and later."""
        self._all_over = True
        for thread in list(self._lines):
            self._end(thread)

    def _end(self, thread: int) -> None:
        self._over.add(thread)
        line = self._lines.get(thread)
        if line is not None:
            with suppress(OSError):  # it has ended
                socket.socket.shutdown(line, socket.SHUT_RDWR)  # not that of TLS, which would go on without a key


class NotingAdapter(HTTPAdapter):
    """Tells of each line on which an answer is awaited.

    Args:
        note: Whom.
        how: What the adapter behind this one needs.
    """

    def __init__(self, note: Note, **how: Any) -> None:
        self._note = note
        super().__init__(**how)

    def get_connection_with_tls_context(self, *args: Any, **kwargs: Any) -> Any:
        """Returns a pool of connections; see the base class."""
        pool: Any = super().get_connection_with_tls_context(*args, **kwargs)
        if "ConnectionCls" not in vars(pool):
            pool.ConnectionCls = _noting(pool.ConnectionCls, self._note)
        return pool


def _noting(kind: Any, note: Note) -> Any:
    class Noting(kind):  # type: ignore[misc]
        def getresponse(self, *args: Any, **kwargs: Any) -> Any:
            note(self.sock)
            return super().getresponse(*args, **kwargs)

    return Noting
