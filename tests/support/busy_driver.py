"""The process that drives an eScriptorium's trainings, with one site in memory whose runs go by the clock.

All else is as on a server: the driver, the clerk, PostgreSQL, Redis. What it asks of the site and of the databases is
counted, and written to a file when it leaves.
"""

import json
import os
import time
from collections import Counter
from pathlib import Path
from typing import Any
from unittest.mock import patch

from django.db.backends.signals import connection_created
from sqlalchemy import Engine, event

from armarius.client import links
from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.globus.compute.allowance import Allowance
from armarius.client.escriptorium.life import process
from armarius.client.jobs.desk import SiteLink
from armarius.client.testing import FakeStaging
from armarius.client.testing.timed import Course, TimedSite
from armarius.functions.contracts import RunSpec, Shape

COURSE = "BUSY_COURSE"
COUNTS = "BUSY_COUNTS"


class CountedSite(TimedSite):
    """Notes when it was asked what, and lets itself be asked only as often as Globus Compute does.

    Args:
        course: How runs go.
        pace: Seconds between two looks.
        allowance: By which questions wait for their turn; None for a site that is here.
    """

    def __init__(self, course: Course, pace: float, allowance: Allowance | None) -> None:
        super().__init__(SystemClock(), course, pace)
        self.asked: list[tuple[float, str]] = []
        self._allowance = allowance

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        self._note("submit")
        return super().submit(spec, shape, walltime)

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        self._note(function)
        return super().call(function, payload)

    def _note(self, what: str) -> None:
        if self._allowance is not None:
            self._allowance.take()
        self.asked.append((time.time(), what))

    def wait(self, seconds: float) -> None:
        time.sleep(seconds)  # as a driver waits for a site that has nothing to say

    def close(self) -> None:
        """Keeps its tasks: they are the cluster's."""


class Queries:
    """Counts what both databases are asked, by the second."""

    def __init__(self) -> None:
        self.seconds: Counter[int] = Counter()
        event.listen(Engine, "before_cursor_execute", self._count)
        connection_created.connect(self._wrap)

    def _count(self, *_: Any) -> None:
        self.seconds[int(time.time())] += 1

    def _wrap(self, connection: Any, **_: Any) -> None:
        if self._counted not in connection.execute_wrappers:  # the same, connected once more
            connection.execute_wrappers.append(self._counted)

    def _counted(self, execute: Any, *args: Any) -> Any:
        self._count()
        return execute(*args)


def main() -> None:
    """Drives until it is told to leave."""
    given = json.loads(os.environ[COURSE])
    site = CountedSite(Course(**given["course"]), given["pace"], Allowance() if given["globus"] else None)
    staging = FakeStaging(site)
    staging.content = AnyWeights()
    queries = Queries()
    try:
        with patch.object(links, "_link", lambda config, *_: SiteLink(config, site, staging)):
            process.main()
    finally:
        counts = {"asked": site.asked, "queries": queries.seconds}
        Path(os.environ[COUNTS]).write_text(json.dumps(counts))


class AnyWeights(dict[str, bytes]):
    """Every file that is fetched holds the same."""

    def __missing__(self, sha256: str) -> bytes:
        from armarius.client.testing.timed import WEIGHTS

        return WEIGHTS


if __name__ == "__main__":
    main()
