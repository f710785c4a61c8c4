"""Asking sites how they are without waiting: each in a thread of its own."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from threading import Thread

from armarius.client.jobs.desk import Desk
from armarius.client.logs import bound
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class _Question:
    at: float
    thread: Thread


class Asking:
    """Asks, and leaves the answer in the journal. None waits for another: a silent site takes a minute to say so.

    Args:
        desk: The sites, the journal and the time.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._questions: dict[str, _Question] = {}

    def begin(self, site: str) -> None:
        """Asks a site, unless its answer is still to come. A daemon: a silent site keeps no process from ending."""
        known = self._questions.get(site)
        if known is not None and known.thread.is_alive():
            return
        thread = Thread(target=self._ask, args=(site,), name=f"asking-{site}", daemon=True)
        self._questions[site] = _Question(self._desk.clock.now(), thread)
        thread.start()

    def waits(self, site: str) -> float | None:
        """Returns for how many seconds an answer has been waited for; None if none is still to come."""
        known = self._questions.get(site)
        return self._desk.clock.now() - known.at if known is not None and known.thread.is_alive() else None

    def rest(self, seconds: float) -> None:
        """Waits for the answers that are still to come, for some seconds each."""
        for question in list(self._questions.values()):
            question.thread.join(seconds)

    def _ask(self, site: str) -> None:
        with bound(site=site):
            self._ask_safely(site)

    def _ask_safely(self, site: str) -> None:
        try:
            self._desk.ask(site)
        except ArmariusError as error:  # the journal does not answer, which its driver tells
            _LOG.warning("%s could not be asked how it is: %s", site, error)
        except Exception as error:
            _LOG.exception("%s could not be asked how it is", site)
            with suppress(ArmariusError):  # noted, so that it is not asked again at once
                self._desk.journal.sites.did_not_answer(site, str(error), self._desk.clock.now())
