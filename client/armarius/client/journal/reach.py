"""Reading and writing the database, and saying in our words that it does not answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

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


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """Opens a session whose rows stay readable as snapshots when it is closed.

    Raises:
        JournalUnreachable: The journal does not answer.
    """
    with reachable(), Session(engine, expire_on_commit=False) as session:
        yield session


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """Opens a transaction, which is committed with the end of the block; its rows are snapshots then.

    Raises:
        JournalUnreachable: The journal does not answer.
    """
    with reading(engine) as session, session.begin():
        yield session


def storable(text: str) -> str:
    """Returns a text that every database takes: a program's last words may hold any byte."""
    return text.replace("\0", "\N{SYMBOL FOR NULL}").encode(errors="replace").decode()


def rows(result: Any) -> int:
    """Returns how many rows a statement changed."""
    return int(result.rowcount)
