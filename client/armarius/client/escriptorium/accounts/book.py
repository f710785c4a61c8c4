"""The book of accounts, opened for a moment: a web server forks, and a connection must not be shared by forks."""

from collections.abc import Iterator
from contextlib import contextmanager

from armarius.client.escriptorium.options import pool_config
from armarius.client.escriptorium.record import Ledger
from armarius.client.escriptorium.record.accounts import AccountBook


@contextmanager
def opened_accounts() -> Iterator[AccountBook]:
    """Opens the book.

    Raises:
        JournalUnreachable: Its database does not answer.
    """
    ledger = Ledger(pool_config().journal)
    try:
        yield ledger.accounts
    finally:
        ledger.close()
