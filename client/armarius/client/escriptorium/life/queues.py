"""When a scheduler would start a run: asked beside the clerk, who waits for no site."""

import logging
from dataclasses import dataclass
from threading import Thread

from armarius.client.config import seconds_of
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.places import site_of
from armarius.client.journal import RunRow
from armarius.functions.contracts import ArmariusError, QueueReport

_LOG = logging.getLogger(__name__)

FRESH_SECONDS = 120.0
"""How long an answer counts: of many trainings that are handed over at once, the site is asked once."""

PATIENCE_SECONDS = 30.0
"""How long a user is told nothing because the answer is still to come."""


@dataclass(frozen=True)
class _Asked:
    """A question to a site, and what it said."""

    at: float
    thread: Thread


class Queues:
    """Asks sites for their schedulers' own estimates.

    Args:
        desk: The sites and the time.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._asked: dict[str, _Asked] = {}
        self._said: dict[str, QueueReport | None] = {}

    def is_asking(self, run: RunRow) -> bool:
        """Tells whether the answer of a run's site is still to come; asks it where nothing fresh is known."""
        link = self._desk.sites.get(site_of(run.site))
        if link is None or not link.config.walltimes:  # there is no queue
            return False
        known, now = self._asked.get(run.site), self._desk.clock.now()
        if known is None or not 0 <= now - known.at < FRESH_SECONDS:
            self._said.pop(run.site, None)
            thread = Thread(target=self._ask, args=(run.site,), name=f"queue-{run.site}", daemon=True)
            known = self._asked[run.site] = _Asked(now, thread)
            thread.start()
        return known.thread.is_alive() and now - known.at < PATIENCE_SECONDS

    def starts_in(self, run: RunRow) -> float | None:
        """Returns the seconds until the scheduler would start a run; None where it cannot be told."""
        queue = self._said.get(run.site)
        return starts_in(queue, run) if queue is not None else None

    def _ask(self, site: str) -> None:
        try:
            self._said[site] = self._desk.probe(self._desk.link(site), [], whole=True).queue
        except ArmariusError as error:
            _LOG.warning("the queue of %s cannot be told: %s", site, error)
        except Exception:
            _LOG.exception("the queue of %s cannot be told", site)


def starts_in(queue: QueueReport, run: RunRow) -> float | None:
    """Finds the estimate for what a run asked for: its shape and its walltime."""
    for wait in queue.waits:
        if wait.shape == run.shape.name and (run.walltime is None or seconds_of(wait.walltime) == run.walltime):
            return wait.seconds
    return None
