"""Jobs as futures and in asyncio: one thread drives all of those that somebody waits for in this way.

    job.future()                   a concurrent.futures.Future, for as_completed() and the like
    await job                      its result, in asyncio
    async for line in job.aprogress()

The thread begins with the first and ends with the last of them. While it lives, :meth:`Job.wait` and :meth:`Job.cancel`
leave the driving to it. What drove before it began, such as a wait or a campaign, goes on beside it: the driver takes
one step of a job at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Generator, Iterable
from concurrent.futures import Future
from contextlib import suppress
from threading import Event, Lock, RLock, Thread
from typing import TYPE_CHECKING, Any, Generic, cast

from typing_extensions import TypeVar

from armarius.client.driver import TICK_SECONDS, Driver
from armarius.client.errors import JobEnded, JournalUnreachable, PoolClosed
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.functions.contracts import AnyMetrics, ArmariusError, Progress

if TYPE_CHECKING:
    from armarius.client.job import Job, JobResult
    from armarius.client.pool import Pool

M_co = TypeVar("M_co", covariant=True, default=AnyMetrics | None)
"""What a job measures: known where it is written down, any of them for a job that was looked up."""


class JobFuture(Future["JobResult[Any]"]):
    """What will come of a job. It has the result when the job is done, and :class:`JobEnded` when it failed.

    Args:
        job: Which.
    """

    def __init__(self, job: "Job[Any]") -> None:
        super().__init__()
        self.job = job
        self._ending = RLock()  # what is called at the end may call back

    def cancel(self) -> bool:
        """Cancels the job, also one that computes; what is left of that is done in the background.

        Returns:
            False if the job had ended before.
        """
        with self._ending:
            if not self.done():
                self.job.cancel()
                self._note_cancelled()
            return self.cancelled()

    def settle(self, state: JobState) -> None:
        """Takes over what became of the job.

        Args:
            state: In which it ended.
        """
        with self._ending:
            if self.done():
                return
            if state is JobState.CANCELLED:
                self._note_cancelled()
                return
            try:
                self.set_result(self.job.result())
            except Exception as error:  # it failed; or the journal did not answer, which nobody shall wait for
                self.give_up(error)

    def give_up(self, error: BaseException) -> None:
        """Has no result to give, for this reason."""
        with self._ending:
            if not self.done():
                self.set_exception(error)

    def _note_cancelled(self) -> None:
        """Tells also those who wait for several."""
        super().cancel()
        self.set_running_or_notify_cancel()


class Following:
    """Drives the jobs of a pool that have a future, in one thread.

    Args:
        pool: Whose jobs.
    """

    def __init__(self, pool: "Pool") -> None:
        self._pool = pool
        self._futures: dict[str, JobFuture] = {}
        self._lock = Lock()
        self._leaving = Event()
        self._thread: Thread | None = None

    @property
    def active(self) -> bool:
        """Whether the thread drives now, so that others can leave that to it."""
        return self._thread is not None

    def follow(self, job: "Job[Any]") -> JobFuture:
        """Returns a job's future, and sees to it that somebody drives the job.

        Raises:
            PoolClosed: The pool drives nothing any more.
        """
        with self._lock:
            if self._leaving.is_set():
                raise PoolClosed(job.id)
            future = self._futures.setdefault(job.id, JobFuture(job))
            if self._thread is None:
                self._thread = Thread(target=self._drive, name="armarius-futures", daemon=True)
                self._thread.start()
            return future

    def wait(self, job: "Job[Any]", seen: Callable[[JobRow], None], stop: Event) -> JobRow:
        """Does what :meth:`Job.wait` does, and lets the thread drive.

        Raises:
            PoolClosed: The pool was closed before.
        """
        future, row = self.follow(job), job.status()
        while True:
            seen(row)
            if row.state.final or stop.wait(TICK_SECONDS):
                return row
            error = future.exception() if future.done() and not future.cancelled() else None
            if error and not isinstance(error, JobEnded):
                raise error
            with suppress(JournalUnreachable):
                row = job.status()

    def close(self) -> None:
        """Ends the thread; who waits for a future is told that nobody drives the job any more."""
        with self._lock:
            self._leaving.set()
            thread = self._thread
        if thread is not None:
            thread.join()
        for future in self._drop(list(self._futures)):
            future.give_up(PoolClosed(future.job.id))

    def _drive(self) -> None:
        """Goes round until there is nothing to drive, or the pool is closed."""
        driver, before = self._pool.driver, dict[str, JobState]()
        while followed := self._still_followed():
            try:
                rows = self._round(driver, followed)
            except Exception as error:  # nobody would wait for it in vain
                for future in self._drop(followed):
                    future.give_up(error)
                continue
            for future in self._drop(row.id for row in rows.values() if row.state.final):
                future.settle(rows[future.job.id].state)
            states = {row.id: row.state for row in rows.values()}
            if states == before:  # else there may be more to do at once
                driver.rest()
            before = states

    def _round(self, driver: Driver, followed: Iterable[str]) -> dict[str, JobRow]:
        """Looks at every job once, and returns how each stands; those of another driver may have ended meanwhile."""
        rows: dict[str, JobRow] = {}
        driver.go_round(lambda row: rows.update({row.id: row}), self._leaving, set(followed))
        for job_id in set(followed) - rows.keys():
            try:
                rows[job_id] = self._pool.desk.journal.job(job_id)
            except ArmariusError as error:
                if not error.transient:
                    for future in self._drop([job_id]):
                        future.give_up(error)
        return rows

    def _still_followed(self) -> list[str]:
        """Returns the jobs to drive; with the last of them ends the thread."""
        with self._lock:
            if self._leaving.is_set() or not self._futures:
                self._thread = None
                return []
            return list(self._futures)

    def _drop(self, job_ids: Iterable[str]) -> list[JobFuture]:
        """Lets jobs be driven no more, and returns their futures."""
        with self._lock:
            return [future for job_id in job_ids if (future := self._futures.pop(job_id, None))]


class Followed(Generic[M_co]):
    """The part of a job that is for futures and asyncio."""

    id: str
    _pool: "Pool"

    def future(self) -> "Future[JobResult[M_co]]":
        """Returns a ``concurrent.futures.Future`` of the result, and drives the job in the background.

        It works with ``as_completed`` and ``wait``. Its ``cancel`` cancels the job, also one that computes; its
        ``result`` raises :class:`JobEnded` where the job failed. Asked for again before the job has ended, it is the
        same one.

        Raises:
            PoolClosed: The pool drives nothing any more.
        """
        return self._pool.following.follow(cast("Job[M_co]", self))

    async def aresult(self) -> "JobResult[M_co]":
        """Drives the job in the background, and returns what it brought: the same as ``await job``.

        Cancelling the task that waits, as Ctrl-C and time limits do, does not cancel the job; :meth:`cancel` does.

        Raises:
            JobEnded: It failed, or was cancelled.
            PoolClosed: The pool was closed before.
        """
        future = self.future()
        await _end_of(future).wait()
        if future.cancelled():
            raise JobEnded(f"Job {self.id} was cancelled.", f"See: armarius show {self.id}")
        return future.result()

    def __await__(self) -> "Generator[Any, None, JobResult[M_co]]":
        return self.aresult().__await__()

    async def aprogress(self) -> AsyncIterator[Progress]:
        """Drives the job in the background, and yields each line of its progress, those of before first.

        It ends with the job, however that ended; ``await job`` says how.

        Raises:
            PoolClosed: The pool was closed before.
        """
        future, known = self.future(), 0
        end = _end_of(future)
        while True:
            ended = future.done()  # asked before the lines are read, so that none is missed
            for number, line in await asyncio.to_thread(self._pool.desk.journal.progress, self.id, known):
                known = number
                yield line
            if ended:
                return
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(end.wait(), TICK_SECONDS)


def _end_of(future: "Future[Any]") -> asyncio.Event:
    """Returns an event of the running loop that is set when a future ends, and leaves the future alone."""
    loop, ended = asyncio.get_running_loop(), asyncio.Event()

    def wake(_future: "Future[Any]") -> None:
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(ended.set)

    future.add_done_callback(wake)
    return ended
