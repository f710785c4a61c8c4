"""Asking sites from time to time how they are: pages show it, and ask no cluster themselves."""

from math import inf

from armarius.client.escriptorium.life.asking import Asking
from armarius.client.escriptorium.life.office import Office

SOON_SECONDS = 60.0
"""Between two questions while somebody trains, has pages done, or looks at the page."""

SELDOM_SECONDS = 900.0
"""Between two questions else: an endpoint that nobody uses may end what it has started for us."""

LOOKING_SECONDS = 60.0
"""How long after the page was shown somebody looks at it."""


class Sounding:
    """Asks each site from time to time; one of which somebody else has just heard is left alone.

    Args:
        office: The pool, and what is remembered.
    """

    def __init__(self, office: Office) -> None:
        self._office = office
        self._asking = Asking(office.pool.desk)

    def look(self) -> None:
        """Asks the sites whose turn it is; one process does, the one that tells the users."""
        ledger, now = self._office.ledger, self._office.now()
        book = ledger.sites
        book.configured(self._office.pool.config.sites)
        heard = self._office.pool.desk.journal.sites.all()
        ages = {row: now - heard[row.name].tried if row.name in heard else inf for row in book.all()}
        due = {row: age for row, age in ages.items() if age >= SOON_SECONDS}
        soon = bool(due) and bool(ledger.open_ones() or ledger.pressed.open_ones())
        for row, age in due.items():
            if soon or now - row.looked < LOOKING_SECONDS or age >= SELDOM_SECONDS:
                self._asking.begin(row.name)

    def rest(self, seconds: float) -> None:
        """Waits for the answers that are still to come."""
        self._asking.rest(seconds)
