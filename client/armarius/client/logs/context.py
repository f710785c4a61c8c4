"""What is being worked on just now, so that every line that is logged meanwhile can say so."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

NAMES = ("job", "run", "site")

_bound: ContextVar[Mapping[str, str]] = ContextVar("armarius_bound")


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Lets all lines that are logged in the block bear some ids; empty ones change nothing.

    Args:
        ids: ``job``, ``run`` or ``site``.
    """
    token = _bound.set({**_bound.get({}), **{name: value for name, value in ids.items() if value}})
    try:
        yield
    finally:
        _bound.reset(token)


class Bearing(logging.Filter):
    """Puts the ids onto each line. On a handler: so it sees the lines of libraries, too."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Lets every line pass."""
        for name, value in _bound.get({}).items():
            if not hasattr(record, name):
                setattr(record, name, value)
        return True
