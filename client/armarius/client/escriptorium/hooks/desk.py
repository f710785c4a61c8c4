"""What the bodies write on: a connection of their own each time, for workers fork."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from armarius.client.escriptorium.options import pool_config
from armarius.client.escriptorium.record import Ledger


class WorkersLedger(Ledger):
    """The ledger as a worker opens it, for one training."""

    def now(self) -> float:
        """Returns the seconds since 1970."""
        return time.time()


@contextmanager
def opened_ledger() -> Iterator[WorkersLedger]:
    """Opens the ledger for a moment.

    Raises:
        JournalUnreachable: It does not answer.
    """
    ledger = WorkersLedger(pool_config().journal)
    try:
        yield ledger
    finally:
        ledger.close()
