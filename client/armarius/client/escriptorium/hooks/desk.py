"""What the bodies write on."""

from collections.abc import Iterator
from contextlib import contextmanager

from armarius.client.escriptorium.options import pool_config
from armarius.client.escriptorium.record import Ledger


@contextmanager
def opened_ledger() -> Iterator[Ledger]:
    """Opens the ledger for a moment: a connection that is kept would be shared with the worker's forks.

    Raises:
        JournalUnreachable: It does not answer.
    """
    ledger = Ledger(pool_config().journal)
    try:
        yield ledger
    finally:
        ledger.close()
