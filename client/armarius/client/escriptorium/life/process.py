"""The process that drives all trainings of an eScriptorium: ``armarius-escriptorium drive``, or beside a worker."""

import logging
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from armarius.client.errors import ConfigurationError
from armarius.client.escriptorium.host.program import celery_app
from armarius.client.escriptorium.life.clerk import Clerk
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.life.sounding import Sounding
from armarius.client.escriptorium.options import options, pool_config
from armarius.client.escriptorium.record import Ledger
from armarius.client.escriptorium.record.sealing import KEYS_VARIABLE, Seal
from armarius.client.journal import Journal
from armarius.client.links import open_desk
from armarius.client.logs.setup import logged
from armarius.client.offering import offered
from armarius.client.pool import Pool

if TYPE_CHECKING:
    from armarius.client.escriptorium.accounts.keys import LentKeys

_LOG = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PACKERS = 2
"""Trainings whose pages are read at the same time."""


def main(metrics: str | None = None) -> None:
    """Drives until it is told to leave (SIGTERM or Ctrl-C).

    Args:
        metrics: Where to offer figures; by default where ARMARIUS_METRICS says, if it does.
    """
    load_escriptorium()
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with logged():
        drive(stop, metrics)


def drive(stop: Event, metrics: str | None = None) -> None:
    """Drives all trainings until ``stop`` is set.

    Raises:
        ArmariusError: The pool or the journal cannot be opened.
    """
    with ExitStack() as stack:
        office = stack.enter_context(opened_office())
        _offer(stack, office.pool, metrics)
        packers = stack.enter_context(ThreadPoolExecutor(PACKERS, thread_name_prefix="packing"))
        clerk = Thread(target=_tell, args=(Clerk(office, packers), Sounding(office), stop), name="clerk")
        clerk.start()
        try:
            office.pool.serve(stop)
        finally:
            stop.set()
            clerk.join()


def _offer(stack: ExitStack, pool: Pool, metrics: str | None) -> None:
    """Offers figures, if they are wanted; that they cannot be is no reason not to drive."""
    try:
        stack.enter_context(offered(pool, metrics))
    except ConfigurationError as error:
        _LOG.error("no metrics are offered: %s", error)


@contextmanager
def opened_office() -> Iterator[Office]:
    """Opens all that is needed. The ledger comes first: it makes the place where the journal belongs."""
    chosen = options()
    config = pool_config(chosen)
    ledger = Ledger(config.journal)
    try:
        with ExitStack() as stack:
            keys = _keys(ledger)
            if keys is not None:
                stack.callback(keys.close)
            desk = open_desk(config, Journal(config.journal), keys)
            yield Office(stack.enter_context(Pool(config, desk)), ledger, chosen)
    finally:
        ledger.close()


def _keys(ledger: Ledger) -> "LentKeys | None":
    """Opens the keys of users' own accounts, where the admin lets them be connected."""
    if not os.environ.get(KEYS_VARIABLE):
        return None
    from armarius.client.escriptorium.accounts.keys import LentKeys

    return LentKeys(ledger.accounts, Seal.from_environment())


def _tell(clerk: Clerk, sounding: Sounding, stop: Event) -> None:
    """Looks at all trainings again and again; a database that is away for a while ends nothing."""
    while True:
        try:
            if clerk.look():
                sounding.look()
        except Exception:
            _LOG.exception("the trainings could not be looked at")
        if stop.wait(LOOK_SECONDS):
            clerk.leave()
            return


def load_escriptorium() -> Any:
    """Loads eScriptorium's apps, and returns its Celery app, to which ``delay`` sends."""
    import django

    app = celery_app()
    django.setup()
    app.set_current()
    app.finalize()
    return app


if __name__ == "__main__":
    main()
