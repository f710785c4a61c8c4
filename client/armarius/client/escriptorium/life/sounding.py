"""Asking sites how they are, and writing it down: pages show it, and ask no cluster themselves."""

import logging
from contextlib import suppress
from threading import Thread

from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.record import SiteRow
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)

SOON_SECONDS = 60.0
"""Between two questions while somebody trains or looks at the page."""

SELDOM_SECONDS = 900.0
"""Between two questions else: an endpoint that nobody uses may end what it has started for us."""

LOOKING_SECONDS = 60.0
"""How long after the page was shown somebody looks at it."""


class Sounding:
    """Asks each site from time to time. None waits for another: one that does not answer takes a minute to say so.

    Args:
        office: The pool, and what is remembered.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._asking: dict[str, Thread] = {}

    def look(self) -> None:
        """Asks the sites whose turn it is; one process does, the one that tells the users."""
        book, now = self._office.ledger.sites, self._office.now()
        book.configured(self._office.pool.config.sites)
        rows = [row for row in book.all() if now - row.asked >= SOON_SECONDS and row.name not in self._busy()]
        if not rows:
            return
        soon = bool(self._office.ledger.open_ones())
        for row in rows:
            if soon or now - row.looked < LOOKING_SECONDS or now - row.asked >= SELDOM_SECONDS:
                self._ask_apart(row)

    def rest(self, seconds: float) -> None:
        """Waits for the answers that are still to come."""
        for thread in list(self._asking.values()):
            thread.join(seconds)

    def _busy(self) -> set[str]:
        return {name for name, thread in self._asking.items() if thread.is_alive()}

    def _ask_apart(self, row: SiteRow) -> None:
        """A daemon: a site that is silent keeps no process from ending."""
        thread = Thread(target=self._ask, args=(row.name,), name=f"sounding-{row.name}", daemon=True)
        self._asking[row.name] = thread
        thread.start()

    def _ask(self, site: str) -> None:
        desk, book = self._office.pool.desk, self._office.ledger.sites
        try:
            report = desk.probe(desk.link(site), [], whole=True)
        except Exception as error:
            if not isinstance(error, ArmariusError):
                _LOG.exception("site %s could not be asked how it is", site)
            with suppress(ArmariusError):  # a journal that does not answer is told of elsewhere
                book.silent(site, self._office.now(), str(error))
            return
        with suppress(ArmariusError):
            book.answered(site, self._office.now(), report.model_dump(mode="json"))
