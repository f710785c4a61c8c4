"""A site in memory: what it holds, what it was asked, and what came of its runs, as the test says."""

from dataclasses import dataclass, field
from typing import Any

from armarius.client.errors import SiteUnreachable
from armarius.client.ports import TaskState, TaskView
from armarius.functions.contracts import (
    Cache,
    CheckpointRef,
    Contents,
    EvaluationReport,
    Outcome,
    PagesReport,
    Progress,
    ProgressAnswer,
    ProgressRequest,
    QueueReport,
    Reason,
    RunSpec,
    RunState,
    RunStatus,
    Shape,
    SiteReport,
    StopRequest,
    TrainReport,
    Usage,
    Versions,
    report_of,
)

VERSIONS = Versions(armarius="0", python="3", kraken="7", torch="2")


class Crash(BaseException):
    """The process dies here: no handler of ours may catch it."""


@dataclass
class FakeRun:
    """A run on the fake site."""

    spec: RunSpec
    state: RunState = RunState.UNKNOWN
    lines: list[Progress] = field(default_factory=list)
    checkpoint: CheckpointRef | None = None
    report: TrainReport | EvaluationReport | PagesReport | None = None
    deliveries: int = 0
    cancelled: bool = False


class FakeSite:
    """Fulfils ``Compute``. Runs begin and end only when the test says so, by :meth:`begin` and :meth:`end`.

    Attributes:
        held: Digests of what it holds.
        runs: Every run that was ever handed over, by id.
        reachable: Set it to False, and every call fails as on a broken line.
        disk_free: Bytes.
        queue: Of its scheduler, if it has one.
        cache: What it keeps, if its operator set a limit.
        needed: What it was told to keep, by run.
        pace: Seconds between two looks of a driver.
        lasting: Whether its runs outlive their driver.
        versions: Of its software.
        calls: The control functions that were called, in order.
    """

    def __init__(self) -> None:
        self.held: set[str] = set()
        self.runs: dict[str, FakeRun] = {}
        self.tasks: dict[str, TaskView] = {}
        self.reachable = True
        self.disk_free = 10**12
        self.queue: QueueReport | None = None
        self.cache: Cache | None = None
        self.needed: dict[str, tuple[str, ...]] = {}
        self.pace = 0.0
        self.lasting = False
        self.versions = VERSIONS
        self.calls: list[str] = []
        self.released: list[str] = []

    # The port --------------------------------------------------------------------------------------------------

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Takes a run into the queue."""
        self._reach()
        run = self.runs.setdefault(spec.run_id, FakeRun(spec))
        run.deliveries += 1
        reference = f"task-{len(self.tasks) + 1}"
        self.tasks[reference] = TaskView(TaskState.PENDING)
        return reference

    def task(self, reference: str) -> TaskView:
        """Tells what the test said of a task."""
        return self.tasks.get(reference, TaskView(TaskState.UNKNOWN))

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Answers a control call."""
        self._reach()
        self.calls.append(function)
        answer: dict[str, Any] = getattr(self, f"_{function}")(payload)
        return answer

    def wait(self, seconds: float) -> None:
        """Returns at once."""

    def close(self) -> None:
        """Forgets its tasks, as a service does when its process ends."""
        self.tasks.clear()

    # What the test says ----------------------------------------------------------------------------------------

    def begin(self, run_id: str, *lines: Progress) -> None:
        """Lets a run be computed."""
        run = self.runs[run_id]
        run.state = RunState.RUNNING
        run.lines += lines

    def lose(self, run_id: str, error: str = "WorkerLost") -> None:
        """Lets the worker of a run die."""
        self.runs[run_id].state = RunState.LOST
        self.tasks = {reference: TaskView(TaskState.FAILED, error) for reference in self.tasks}

    def end(self, run_id: str, outcome: Outcome, reason: Reason | None = None, **fields: Any) -> None:
        """Lets a run end with a report."""
        run = self.runs[run_id]
        run.state = RunState.ENDED
        run.checkpoint = fields.get("checkpoint", run.checkpoint)
        if run.spec.task.is_of_pages:  # those that are done stay done, however it ends
            fields.setdefault("pages", tuple(line.page for line in run.lines if line.page is not None))
        run.report = report_of(run.spec.task)(
            run_id=run_id,
            task=run.spec.task,
            outcome=outcome,
            reason=reason,
            started=fields.pop("started", 0),
            ended=fields.pop("ended", 1),
            versions=VERSIONS,
            usage=fields.pop("usage", Usage(seconds=1)),
            **fields,
        )
        self.tasks = {reference: TaskView(TaskState.RETURNED) for reference in self.tasks}

    # The control functions -------------------------------------------------------------------------------------

    def _reach(self) -> None:
        if not self.reachable:
            raise SiteUnreachable("The fake site does not answer.")

    def _probe(self, payload: dict[str, Any]) -> dict[str, Any]:
        if "run" in payload:
            self.needed[payload["run"]] = tuple(payload["blobs"])
        report = SiteReport(
            time=0,
            host="fake",
            versions=self.versions,
            cpus=2,
            memory=8 * 2**30,
            memory_free=8 * 2**30,
            disk_free=self.disk_free,
            missing=tuple(digest for digest in payload["blobs"] if digest not in self.held),
            queue=self.queue if payload["whole"] else None,
            contents=Contents(blobs=len(self.held)) if payload["whole"] else None,
            cache=self.cache,
        )
        return report.model_dump(mode="json")

    def _progress(self, payload: dict[str, Any]) -> dict[str, Any]:
        request = ProgressRequest.model_validate(payload)
        answer = ProgressAnswer(runs=tuple(self._status(each.run_id, each.position) for each in request.runs))
        return answer.model_dump(mode="json")

    def _status(self, run_id: str, position: int) -> RunStatus:
        run = self.runs.get(run_id)
        if run is None:
            return RunStatus(run_id=run_id, state=RunState.UNKNOWN, position=position)
        return RunStatus(
            run_id=run_id,
            state=run.state,
            heartbeat_age=0,
            progress=tuple(run.lines[position:]),
            position=len(run.lines),
            checkpoint=run.checkpoint,
            report=run.report.model_dump(mode="json") if run.report else None,
        )

    def _cancel(self, payload: dict[str, Any]) -> dict[str, Any]:
        request = StopRequest.model_validate(payload)
        for run_id in request.runs:
            run = self.runs.get(run_id)
            if run is not None and run.state is RunState.RUNNING:
                run.cancelled = True
                outcome = (Outcome.PAUSED, Reason.ASKED) if request.pause else (Outcome.CANCELLED, None)
                self.end(run_id, *outcome)
        return {}

    def _release(self, payload: dict[str, Any]) -> dict[str, Any]:
        self.released += payload["runs"]
        return {"kept": []}
