"""What the pages read: the journal and the ledger, opened once by each process of the web server."""

import os
from dataclasses import dataclass
from functools import lru_cache

from armarius.client.escriptorium.options import pool_config
from armarius.client.escriptorium.record import Ledger
from armarius.client.journal import Journal


@dataclass(frozen=True)
class Desk:
    """Where everything is written."""

    journal: Journal
    ledger: Ledger


def desk() -> Desk:
    """Returns this process's. A connection is never shared with a fork.

    Raises:
        JournalUnreachable: It does not answer.
    """
    return _opened(pool_config().journal, os.getpid())


@lru_cache(maxsize=4)
def _opened(url: str, _process: int) -> Desk:
    ledger = Ledger(url)  # it makes the place where the journal belongs
    try:
        return Desk(Journal(url), ledger)
    except BaseException:
        ledger.close()
        raise


def forget() -> None:
    """Opens everything anew next time."""
    _opened.cache_clear()
