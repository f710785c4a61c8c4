"""When a scheduler would start a run: told by what was last heard of its site, asked beside the clerk."""

from armarius.client.config import seconds_of
from armarius.client.escriptorium.life.asking import Asking
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.places import site_of
from armarius.client.journal import RunRow
from armarius.client.placement.tidings import is_fresh, understood
from armarius.functions.contracts import QueueReport

PATIENCE_SECONDS = 30.0
"""How long a user is told nothing because the answer is still to come."""


class Queues:
    """Tells schedulers' own estimates.

    Args:
        desk: The sites and the time.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asking = Asking(desk)

    def is_asking(self, run: RunRow) -> bool:
        """Tells whether the answer of a run's site is still to come; asks it where nothing fresh is known."""
        site = site_of(run.site)
        link = self._desk.sites.get(site)
        if link is None or not link.config.walltimes or self._fresh(site):  # without walltimes there is no queue
            return False
        self._asking.begin(site)
        waits = self._asking.waits(site)
        return waits is not None and waits < PATIENCE_SECONDS

    def starts_in(self, run: RunRow) -> float | None:
        """Returns the seconds until the scheduler would start a run; None where it cannot be told."""
        site, now = site_of(run.site), self._desk.clock.now()
        row = self._desk.scout.tidings.known(self._desk.journal, site, now)
        if row is None or row.silent is not None or not is_fresh(row, now):
            return None
        report = understood(row)
        return starts_in(report.queue, run) if report is not None and report.queue is not None else None

    def _fresh(self, site: str) -> bool:
        now = self._desk.clock.now()
        return is_fresh(self._desk.scout.tidings.known(self._desk.journal, site, now), now)


def starts_in(queue: QueueReport, run: RunRow) -> float | None:
    """Finds the estimate for what a run asked for: its shape and its walltime."""
    for wait in queue.waits:
        if wait.shape == run.shape.name and (run.walltime is None or seconds_of(wait.walltime) == run.walltime):
            return wait.seconds
    return None
