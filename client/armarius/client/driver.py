"""Driving jobs: calling ``advance`` until there is nothing more to do."""

import logging
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext, suppress
from threading import Event, RLock

from armarius.client.accounts.door import in_turn
from armarius.client.errors import AccountNeeded, JournalUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.givenup import tell_given_up
from armarius.client.jobs.places import site_of
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.client.logs import bound
from armarius.functions.contracts import ArmariusError, RunState

_LOG = logging.getLogger(__name__)

TICK_SECONDS = 0.5
"""How often a waiting driver looks again; the end of a task wakes it at once."""

WAITING_PACE = 15.0
"""Seconds between two looks at a job that no site takes."""

TELL_PACE = 60.0
"""Seconds between two attempts to tell sites of runs that were given up."""

MOVING_SHARE = 0.1
"""Of the time for which files have been on their way, after which they are looked at again: small ones are there at
once. Transfer itself is not asked for each look."""

MOST_PACE = 60.0
"""The most seconds between two looks at a job."""

PAUSE_SECONDS = 20.0
"""What running trainings get to write a checkpoint when their driver leaves."""

Seen = Callable[[JobRow], None]
"""Called with a job after every look at it."""


class Driver:
    """Takes jobs further, until they end or it is told to stop.

    Several threads may use it, each for other jobs or for the same: one looks at a time, as two would both write the
    next run of a job down. They rest together.

    Args:
        desk: Journal, sites and time.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._seen: dict[str, JobRow] = {}
        self._next_look: dict[str, float] = {}
        self._next_telling = 0.0
        self._turn = RLock()  # what a look calls may look, too
        self.trouble = ""
        """Why the last look at a site failed; empty when it did not. Nothing is lost by it."""
        self.around: Callable[[str], AbstractContextManager[object]] = lambda _job: nullcontext()
        """What each step of a job happens in: whoever measures puts a clock there."""

    def drive(self, job_id: str, seen: Seen, stop: Event) -> JobRow:
        """Drives one job to its end."""
        before = None
        while True:
            self._tell()
            job = self.look(job_id)
            seen(job)
            if job.state.final or stop.is_set():
                return job
            if job.state is before:  # else there may be more to do at once
                self.rest()
            before = job.state

    def serve(self, seen: Seen, stop: Event) -> None:
        """Drives all jobs of the journal, those that come too, until it is told to stop."""
        while not stop.is_set():
            self.go_round(seen, stop)
            if not stop.is_set():
                self.rest()

    def go_round(self, seen: Seen, stop: Event, only: Collection[str] | None = None) -> None:
        """Looks once at each job of the journal that has not ended, in turn; at some of them alone, if they are named.

        Args:
            seen: Called after each look.
            stop: Ends it between two jobs.
            only: The ids of some jobs.
        """
        self._tell()
        jobs = [job for job in self._unfinished() if only is None or job.id in only]
        with self._turn:
            due = {job.id for job in jobs if self._is_due(job.id)}
            self._desk.hear(job.run for job in jobs if job.run and job.id in due and self._is_to_be_heard(job))
        for job in jobs:
            self._look_for_all(job, seen, due=job.id in due)
            if stop.is_set():
                return

    def _tell(self) -> None:
        """Tells sites of runs that are done with, and now and then of those given up while they were out of reach."""
        now = self._desk.clock.now()
        with self._turn:
            self._desk.release_all()
            if not 0 < self._next_telling - now <= TELL_PACE:
                self._next_telling = now + TELL_PACE
                with suppress(ArmariusError):
                    tell_given_up(self._desk)

    def _unfinished(self) -> Sequence[JobRow]:
        try:
            return in_turn(self._desk, self._desk.journal.jobs(unfinished_only=True))
        except JournalUnreachable as error:
            self.trouble = str(error)
            return ()

    def _look_for_all(self, job: JobRow, seen: Seen, *, due: bool) -> None:
        """Looks at one job of many; whatever goes wrong with it is no reason to leave the others alone.

        It was read a moment ago: where nothing is to be done yet, it is not read again.

        Args:
            job: It.
            seen: Called with it.
            due: Whether its turn had come when the round began. One whose turn came since was not asked for with the
                others, and would be alone: the next round asks for all of those.
        """
        try:
            with self._turn:
                if due:
                    job = self._go_on_quietly(job) if self._is_quiet(job) else self.look(job.id)
            seen(job)
        except Exception as error:
            self.trouble = f"{job.id}: {type(error).__name__}: {error}"
            with bound(job=job.id):
                _LOG.exception("job %s could not be looked at", job.id)
            self._next_look[job.id] = self._desk.clock.now() + MOST_PACE

    def look(self, job_id: str) -> JobRow:
        """Takes a job one step further; a site or a journal that does not answer is only noted.

        A site that is far away is not asked more often than its pace allows.

        Raises:
            ArmariusError: The journal has never answered.
        """
        with self._turn:
            return self._look(job_id)

    def _look(self, job_id: str) -> JobRow:
        if not self._is_due(job_id):
            return self._as_it_stands(job_id)
        before = self._seen.get(job_id)
        try:
            with self.around(job_id):
                job = advance(self._desk, job_id)
            self.trouble = ""
        except ArmariusError as error:
            if isinstance(error, AccountNeeded):  # no trouble of others; and another process may have the key
                self._desk.give_back(job_id)
            else:
                self._note_trouble(job_id, str(error))
            job = self._as_it_stands(job_id)
        self._note(job, before)
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
            with ExitStack() as stack:  # what fails to close keeps nothing else from closing
                stack.enter_context(suppress(ArmariusError))  # a lease that cannot be given back runs out
                stack.callback(self._desk.give_back_all)
                if self._desk.people is not None:
                    stack.callback(self._desk.people.close)
                for each in self._desk.sites.values():
                    stack.callback(each.compute.close)
                    stack.callback(each.staging.close)
                stack.callback(self._desk.release_all)  # the first of all, as long as there is a way to the sites

    def _note_trouble(self, job_id: str, trouble: str) -> None:
        """Logs why a look failed, when it is another reason than the last time."""
        if trouble != self.trouble:
            with bound(job=job_id):
                _LOG.info("%s It is tried again.", trouble)
        self.trouble = trouble

    def _note(self, job: JobRow, before: JobRow | None) -> None:
        """Remembers a job as it was seen, and when to look again if nothing has changed."""
        if job.state.final:
            self._seen.pop(job.id, None)
            self._next_look.pop(job.id, None)
            return
        self._seen[job.id] = job
        if before is None or before.state is not job.state:
            return
        if job.state is JobState.WAITING:
            self._next_look[job.id] = self._desk.clock.now() + WAITING_PACE
        elif job.run and site_of(job.run.site) in self._desk.sites:
            self._next_look[job.id] = together(self._desk.clock.now(), self._pace(job, job.run))

    def _pace(self, job: JobRow, run: RunRow) -> float:
        """Returns the seconds between two looks at a job: as its site wishes. Files on their way do not concern it."""
        pace = min(self._desk.sites[site_of(run.site)].compute.pace, MOST_PACE)
        if job.state not in (JobState.STAGING, JobState.RETURNING):
            return pace
        return min(pace, max(TICK_SECONDS, MOVING_SHARE * (self._desk.clock.now() - job.updated)))

    def _is_due(self, job_id: str) -> bool:
        """Tells whether to look; more than the longest pace away, the clock was put back."""
        return not 0 < self._next_look.get(job_id, 0.0) - self._desk.clock.now() <= MOST_PACE

    def _is_quiet(self, job: JobRow) -> bool:
        """Tells whether a run goes on and its site has just said that there is nothing new: most looks are so."""
        run = job.run
        if run is None or not job.state.computing or job.cancel or self._desk.is_emptying(run.site):
            return False
        return self._desk.is_quiet(run)

    def _go_on_quietly(self, job: JobRow) -> JobRow:
        """Keeps the lease on a job of which nothing is to be written."""
        try:
            self._desk.claim(job.id)
            self.trouble = ""
        except ArmariusError as error:
            self.trouble = str(error)
        self._note(job, self._seen.get(job.id))
        return job

    def _is_to_be_heard(self, job: JobRow) -> bool:
        """Tells whether a look at a job will ask its site how its run stands."""
        submitted = job.run is not None and job.run.submitted is not None
        mine = job.lease_owner in (None, self._desk.owner)
        return submitted and mine and job.state.computing

    def _as_it_stands(self, job_id: str) -> JobRow:
        try:
            return self._desk.journal.job(job_id)
        except JournalUnreachable:
            if job_id not in self._seen:
                raise
            return self._seen[job_id]

    def _pause(self) -> None:
        """Asks all running trainings to pause, and waits until they have, for some time.

        A job that another driver holds, or that waits in a queue, is left alone.
        """
        asked = [run for run in self._mine() if self._ask_to_pause(run)]
        for _ in range(int(PAUSE_SECONDS / TICK_SECONDS)):
            if not any(self._is_running(run) for run in asked):
                return
            self.rest()

    def _ask_to_pause(self, run: RunRow) -> bool:
        if not self._is_running(run):
            return False
        with suppress(ArmariusError):
            self._desk.stop(run.site, run.id, pause=True)
            return True
        return False

    def _is_running(self, run: RunRow) -> bool:
        with suppress(ArmariusError):
            return self._desk.status(run).state is RunState.RUNNING
        return False

    def _mine(self) -> list[RunRow]:
        """Returns the runs that this process has handed over or taken over, and that will end with it."""
        jobs = [job for job in self._seen.values() if not job.state.final and job.lease_owner == self._desk.owner]
        runs = [job.run for job in jobs if job.run is not None and job.run.submitted is not None]
        sites = self._desk.sites
        return [run for run in runs if run.site in sites and not sites[run.site].compute.lasting]


def together(now: float, pace: float) -> float:
    """Returns when to look again: about a pace from now, at a moment at which all jobs of that pace are looked at.

    Each at its own moment, many jobs would ask a site all the time, for a few of them; together, one call asks for all.
    """
    if pace <= 0:
        return now
    following = (now // pace + 1) * pace
    return following if following - now >= pace / 2 else following + pace
