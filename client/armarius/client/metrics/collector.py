"""What is read from the journal when somebody asks for the figures: it is the same whoever drives, and since when."""

from collections.abc import Callable, Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from armarius.client.errors import JournalUnreachable
from armarius.client.journal import Journal


class JournalCollector(Collector):
    """Reads how jobs and sites stand.

    Args:
        journal: The journal.
        now: Tells the seconds since 1970.
    """

    def __init__(self, journal: Journal, now: Callable[[], float]) -> None:
        self._journal = journal
        self._now = now

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Reads it. A journal that does not answer is a figure, too."""
        answers = GaugeMetricFamily("armarius_journal_up", "Whether the journal answers.")
        try:
            found = [self._jobs(), *self._contacts(), self._runs()]
        except JournalUnreachable:
            answers.add_metric([], 0)
            yield answers
            return
        answers.add_metric([], 1)
        yield answers
        yield from found

    def describe(self) -> list[GaugeMetricFamily]:
        """Nothing is read when it is listed."""
        return []

    def _jobs(self) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily("armarius_jobs", "Jobs in the journal.", labels=["state", "task", "kind"])
        for (state, task, kind), number in self._journal.glance.counts().items():
            gauge.add_metric([state, task, kind], number)
        return gauge

    def _contacts(self) -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
        said = "Seconds since a site last answered; a site that never did is missing."
        ages = GaugeMetricFamily("armarius_site_last_contact_seconds", said, labels=["site"])
        silent = GaugeMetricFamily(
            "armarius_site_silent", "Whether a site did not answer the last time.", labels=["site"]
        )
        now = self._now()
        for name, row in self._journal.sites.all().items():
            if row.heard:
                ages.add_metric([name], max(0.0, now - row.heard))
            silent.add_metric([name], float(row.silent is not None))
        return ages, silent

    def _runs(self) -> GaugeMetricFamily:
        gauge = GaugeMetricFamily("armarius_site_runs", "Runs that have a place at a site.", labels=["site", "stage"])
        for site, load in self._journal.sites.loads(self._now()).items():
            gauge.add_metric([site, "running"], load.running)
            gauge.add_metric([site, "waiting"], load.waiting)
        return gauge
