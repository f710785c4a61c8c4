"""Driving jobs: calling ``advance`` until there is nothing more to do."""

from collections.abc import Callable, Iterable
from threading import Event

from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.local_staging import LocalStaging
from armarius.client.adapters.parsl_compute import ParslCompute
from armarius.client.config import PoolConfig, SiteConfig
from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.owner import this_process
from armarius.client.journal import JobRow, Journal
from armarius.functions.contracts import ArmariusError, RunState, StopRequest

TICK_SECONDS = 0.5
"""How often a waiting driver looks again; the end of a task wakes it at once."""

PAUSE_SECONDS = 20.0
"""What running trainings get to write a checkpoint when their driver leaves."""

Seen = Callable[[JobRow], None]
"""Called with a job after every look at it."""


def link(config: SiteConfig) -> SiteLink:
    """Makes the ways to reach a site."""
    return SiteLink(config, ParslCompute(config), LocalStaging(config.root))


def open_desk(config: PoolConfig, journal: Journal) -> Desk:
    """Gives a driver its desk; its name in leases is this process."""
    return Desk(journal, {site.name: link(site) for site in config.sites}, SystemClock(), this_process())


class Driver:
    """Takes jobs further, until they end or it is told to stop.

    Args:
        desk: Journal, sites and time.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._driven: set[str] = set()
        self.trouble = ""
        """Why the last look at a site failed; empty when it did not. Nothing is lost by it."""

    def drive(self, job_id: str, seen: Seen, stop: Event) -> JobRow:
        """Drives one job to its end."""
        while True:
            job = self.look(job_id)
            seen(job)
            if job.state.final or stop.is_set():
                return job
            self.rest()

    def serve(self, seen: Seen, stop: Event) -> None:
        """Drives all jobs of the journal, those that come too, until it is told to stop."""
        while not stop.is_set():
            for job in self._desk.journal.jobs(unfinished_only=True):
                seen(self.look(job.id))
                if stop.is_set():
                    return
            self.rest()

    def look(self, job_id: str) -> JobRow:
        """Takes a job one step further; a site that does not answer is only noted."""
        self._driven.add(job_id)
        try:
            job = advance(self._desk, job_id)
            self.trouble = ""
        except ArmariusError as error:
            self.trouble = str(error)
            job = self._desk.journal.job(job_id)
        return job

    def rest(self) -> None:
        """Waits for the end of a task, at most a tick."""
        links = list(self._desk.sites.values())
        for each in links:
            each.compute.wait(TICK_SECONDS / len(links))

    def close(self) -> None:
        """Asks what this process computes to write a checkpoint and pause, then ends Parsl and gives back leases."""
        try:
            self._pause()
        finally:
            for each in self._desk.sites.values():
                each.staging.close()
                each.compute.close()
            self._desk.give_back()

    def _pause(self) -> None:
        """A job that another driver holds, or that waits in a queue, is left alone."""
        for job in self._mine():
            run = job.run
            if run is None or run.reference is None:
                continue
            compute = self._desk.link(run).compute
            if self._desk.status(run).state is RunState.RUNNING:
                compute.call("cancel", StopRequest(runs=(run.id,), pause=True).model_dump(mode="json"))
                compute.wait(PAUSE_SECONDS)

    def _mine(self) -> Iterable[JobRow]:
        jobs = (self._desk.journal.job(job_id) for job_id in self._driven)
        return (job for job in jobs if job.state.computing and job.lease_owner == self._desk.owner)
