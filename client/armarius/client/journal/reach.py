"""Saying in our words that the database does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import OperationalError

from armarius.client.errors import JournalUnreachable


@contextmanager
def reachable() -> Iterator[None]:
    """Says in our words that the journal does not answer.

    Raises:
        JournalUnreachable: It does not.
    """
    try:
        yield
    except OperationalError as error:
        hint = "Is its server running, its disk full, or its folder read-only?"
        raise JournalUnreachable(f"The journal does not answer: {error.orig}.", hint) from error


def storable(text: str) -> str:
    """Returns a text that every database takes: a program's last words may hold any byte."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="replace").decode()


def rows(result: Any) -> int:
    """Returns how many rows a statement changed."""
    return int(result.rowcount)
