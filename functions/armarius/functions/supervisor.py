"""Leads one run from its delivery to its report."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field

from pydantic import ValidationError

from armarius.functions.allocation import Allocation
from armarius.functions.cache import tidy
from armarius.functions.child import EngineChild
from armarius.functions.contracts import Limits, Outcome, Reason, RunReport, RunSpec
from armarius.functions.errors import EngineFault, SiteError, Stopped, Superseded
from armarius.functions.faults import explain
from armarius.functions.files import write_bytes
from armarius.functions.frame import within
from armarius.functions.handover import CANNOT_WRITE, SUPERSEDED, EngineEnd
from armarius.functions.metering import MemoryGauge, job_memory, oom_kills, tree
from armarius.functions.neighbours import Neighbours
from armarius.functions.notice import Notice
from armarius.functions.reporting import Spent, compose
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from armarius.functions.versions import engine_versions
from armarius.functions.watch import Action, Verdict, Watch, Wish

TICK_SECONDS = 0.25
BEAT_SECONDS = 1.0

FIRST_ANSWER_SECONDS = 5.0
WHY_SECONDS = 3.0
"""What Slurm gets to say when the allocation ends, before the run begins, and why it was told to end, after that."""

WORDS = {
    Reason.WALLTIME: "{job} has almost no time left.",
    Reason.PREEMPTED: "{job} has to make room for another one.",
    Reason.NODE_LOST: "Slurm takes the machine of {job} for lost.",
    Reason.JOB_CANCELLED: "{job} was cancelled (scancel), by an operator or because the endpoint was stopped.",
    Reason.STOPPED: "{job} was told to end; nobody said why.",
}
"""What a report says of a run that paused in time."""


def supervise(site: Site, spec: RunSpec) -> RunReport:
    """Computes a run, or returns the report that it already has.

    Safe to call twice: a finished run is not touched, a run in the middle goes on from its newest checkpoint.

    Args:
        site: Where.
        spec: What; only its run id counts when the run is already there. Its limits are cut to those of this worker.

    Returns:
        The report, which is also on the disk.

    Raises:
        RunBusy: Another process computes this run.
        Superseded: Another process has taken it over, while this one was cut off. Nothing more was written.
        Stopped: This process was told to end, by whoever started it, not by a scheduler: they hand the run over again,
            under its own id. Its checkpoint is written.
        EngineFault: The site's disk is full or read-only, so that not even a report can be written.
    """
    try:
        return _supervise(site, spec)
    except OSError as error:
        reason, message = explain(error)
        raise EngineFault(reason, message) from error


def _supervise(site: Site, spec: RunSpec) -> RunReport:
    run = site.run(spec.run_id)
    if run.report_path.exists():
        return run.report()
    with Notice().listening() as notice:
        lock = run.acquire()
        try:
            if run.report_path.exists():
                return run.report()
            run = run.take_over()
            with Allocation() as allocation:
                report = _Supervision(site, run, _on_record(run, spec), notice, allocation).lead(lock)
            if report.reason is Reason.STOPPED and notice.given and allocation.job is None:
                raise Stopped(spec.run_id)
            run.write_report(report)
        finally:
            os.close(lock)
    tidy(site, run)  # it needs nothing any more
    return report


def _on_record(run: RunDir, spec: RunSpec) -> RunSpec:
    """Puts on record what was asked, within what this worker may take: the engine reads it from there."""
    run.write_spec(spec)
    asked = run.spec()
    bounded = asked.model_copy(update={"limits": within(asked.limits, os.environ)})
    if bounded != asked:
        write_bytes(run.spec_path, bounded.canonical_json())
    return bounded


@dataclass
class _Supervision:
    """The state of one watched child."""

    site: Site
    run: RunDir
    spec: RunSpec
    notice: Notice
    allocation: Allocation
    started: float = field(default_factory=time.time)
    peak_memory: int = 0
    job_memory: int | None = None
    pausing: Reason | None = None
    killed: Verdict | None = None
    neighbours: Neighbours | None = None
    _known: int = 0
    _pause_seconds: float | None = None

    def __post_init__(self) -> None:
        self.neighbours = Neighbours.of(self.site, self.spec.run_id)

    def lead(self, lock: int) -> RunReport:
        self._beat()
        if self.run.cancel_path.exists():
            return self._report(EngineEnd(outcome=Outcome.CANCELLED, message="Cancelled before it began."))
        try:
            self.run.keep_room()
            self._make_room()
            engine_versions(self.site.kraken_python)
            end = self._compute(lock)
        except Superseded:
            raise
        except (SiteError, OSError) as error:
            reason, message = explain(error)
            end = EngineEnd(outcome=Outcome.FAILED, reason=reason, message=message)
        return self._report(end)

    def _make_room(self) -> None:
        """Brings the site down to its limit before more is kept there, while the heart beats on."""
        if self.site.cache is None:
            return
        with ThreadPoolExecutor(1) as thread:
            tidying = thread.submit(tidy, self.site, self.run)
            while not wait([tidying], BEAT_SECONDS).done:
                self._beat()
            tidying.result()

    def _compute(self, lock: int) -> EngineEnd:
        """Runs the child to its end, one way or another."""
        self.run.engine_path.unlink(missing_ok=True)
        kills = oom_kills()
        self.allocation.first_answer(FIRST_ANSWER_SECONDS)
        child = EngineChild(self.site, self.run, lock, self._limits(), trains=not self.spec.task.is_of_pages)
        try:
            self._watch(child)
        finally:
            child.close()
            if self.neighbours is not None:
                self.neighbours.leave()
            self.job_memory = job_memory()
        return self._end_of(child, oom=oom_kills() > kills)

    def _limits(self) -> Limits:
        """Returns the frame as the child shall see it: up to the true end of the allocation, if that is earlier."""
        ends = self._ends()
        walltime = self.spec.limits.walltime
        if ends is None or (walltime is not None and walltime <= ends):
            return self.spec.limits
        return self.spec.limits.model_copy(update={"walltime": max(1.0, ends)})

    def _ends(self) -> float | None:
        end = self.allocation.end
        return None if end is None else end - self.started

    def _watch(self, child: EngineChild) -> None:
        rules = Watch(self.spec.limits)
        next_beat = time.monotonic()
        begun = next_beat - (time.time() - self.started)
        gauge = MemoryGauge(lambda: tree(child.pid))
        memory = 0
        while not child.ended_within(TICK_SECONDS):
            now = time.monotonic()
            if now >= next_beat:
                self.run.require_claim()
                self._beat()
                self._look_around()
                self._hear()
                memory = gauge.read()
                self.peak_memory = max(self.peak_memory, memory)
                next_beat = now + BEAT_SECONDS
            verdict = rules.judge(
                elapsed=now - begun,
                memory=memory,
                wish=self._wish(),
                pausing=self.pausing is not None,
                ends=self._ends(),
                pause_seconds=self._pause_seconds,
                told=self._told(),
            )
            if verdict.action is Action.PAUSE:
                self.pausing = verdict.reason
                child.ask_to_pause()
            elif verdict.action is Action.KILL:
                self.killed = verdict
                child.end()

    def _beat(self) -> None:
        """A beat that the file system swallows is no reason to end a healthy run."""
        with suppress(OSError):
            self.run.beat()

    def _look_around(self) -> None:
        """Counts who else computes on the same GPU. What cannot be counted now, can be later."""
        if self.neighbours is not None:
            with suppress(OSError):
                self.neighbours.look()

    def _hear(self) -> None:
        """Listens what a pause takes here. What cannot be read now, can be later."""
        with suppress(OSError, ValidationError):
            lines, self._known = self.run.read_progress(self._known)
            told = [line.pause_seconds for line in lines if line.pause_seconds is not None]
            self._pause_seconds = told[-1] if told else self._pause_seconds

    def _wish(self) -> Wish:
        if self.run.cancel_path.exists():
            return Wish.CANCEL
        return Wish.PAUSE if self.run.pause_path.exists() else Wish.NONE

    def _told(self) -> Reason | None:
        """Tells why the scheduler wants the run to end, if it does."""
        return self.allocation.wanted_back or (Reason.STOPPED if self.notice.given else None)

    def _end_of(self, child: EngineChild, *, oom: bool) -> EngineEnd:
        """Tells how it ended: by what was done to it, else by the engine's own word, else by its remains."""
        if child.returncode == SUPERSEDED:
            raise Superseded(self.spec.run_id)
        end = self._last_word()
        if end is not None and (self.killed is None or end.outcome is Outcome.FINISHED):
            return self._paused_because(end) if end.reason is Reason.ASKED else end
        if self.killed is not None:
            return (end or EngineEnd(outcome=Outcome.FAILED)).model_copy(update=self._killed_because(self.killed))
        if child.returncode == CANNOT_WRITE:
            return EngineEnd(
                outcome=Outcome.FAILED,
                reason=Reason.DISK_FULL,
                message=f"The engine could not write how it ended: the disk is full or read-only. {child.last_words()}",
            )
        if oom and child.returncode == -signal.SIGKILL:
            return EngineEnd(
                outcome=Outcome.FAILED,
                reason=Reason.OUT_OF_MEMORY,
                message="The system's memory ran out and the kernel ended the engine.",
            )
        return EngineEnd(
            outcome=Outcome.FAILED,
            reason=Reason.ENGINE_DIED,
            message=(
                f"The engine ended without a word (exit code {child.returncode}). Its last lines:\n{child.last_words()}"
            ),
        )

    def _last_word(self) -> EngineEnd | None:
        try:
            return EngineEnd.model_validate_json(self.run.engine_path.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None

    def _paused_because(self, end: EngineEnd) -> EngineEnd:
        """Says why an engine was asked to pause. One that nobody here asked has had SIGTERM itself."""
        reason = self.pausing or Reason.STOPPED
        if reason is Reason.STOPPED:
            reason = self.allocation.why_told_to_end(time.time(), WHY_SECONDS)
        said = WORDS.get(reason, "").format(job=self.allocation)
        return end.model_copy(update={"reason": reason, "message": end.message or said})

    def _killed_because(self, verdict: Verdict) -> dict[str, object]:
        """Returns what the report says of a run that was ended from outside."""
        if verdict.reason is None:
            return {"outcome": Outcome.CANCELLED, "reason": None, "message": "Cancelled."}
        if verdict.reason is not Reason.OUT_OF_MEMORY:
            message = "The allocation ended; the run goes on from its newest checkpoint."
            return {"outcome": Outcome.PAUSED, "reason": verdict.reason, "message": message}
        taken, allowed = self.peak_memory / 2**30, (self.spec.limits.memory or 0) / 2**30
        message = f"The engine took {taken:.1f} GiB of the {allowed:.1f} GiB it was allowed."
        return {"outcome": Outcome.FAILED, "reason": verdict.reason, "message": message}

    def _report(self, end: EngineEnd) -> RunReport:
        neighbours = self.neighbours.mean if self.neighbours is not None else None
        spent = Spent(self.started, time.time(), self.peak_memory or None, self.job_memory, neighbours)
        return compose(self.run, self.spec, end, spent)
