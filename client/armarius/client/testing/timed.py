"""A site in memory whose runs go by the clock: they begin, make progress and end without anybody saying so."""

import hashlib
from dataclasses import dataclass

from armarius.client.ports import Clock, TaskState, TaskView
from armarius.client.testing.site import FakeSite
from armarius.functions.contracts import (
    Epoch,
    EpochModel,
    Metrics,
    ModelFile,
    Outcome,
    Phase,
    Progress,
    RunSpec,
    RunState,
    RunStatus,
    Shape,
    Split,
    TrainReport,
    Usage,
)

WEIGHTS = b"the weights of every epoch"
_SHA = hashlib.sha256(WEIGHTS).hexdigest()


@dataclass(frozen=True)
class Course:
    """How every training goes.

    Attributes:
        queue_seconds: From its hand-over to its start.
        epoch_seconds: How long an epoch is.
        epochs: How many there are; then it ends well.
    """

    queue_seconds: float
    epoch_seconds: float
    epochs: int


class TimedSite(FakeSite):
    """Fulfils ``Compute``: what has come of a run is found out when somebody asks.

    Args:
        clock: By which the runs go.
        course: How they go.
        pace: Seconds between two looks of a driver.
    """

    def __init__(self, clock: Clock, course: Course, pace: float) -> None:
        super().__init__()
        self._clock = clock
        self._course = course
        self._runs_of: dict[str, str] = {}
        self._since: dict[str, float] = {}
        self.pace = pace
        self.lasting = True

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Takes a run into the queue."""
        reference = super().submit(spec, shape, walltime)
        self._runs_of[reference] = spec.run_id
        self._since.setdefault(spec.run_id, self._clock.now())
        return reference

    def task(self, reference: str) -> TaskView:
        """Tells how a task stands."""
        run_id = self._runs_of.get(reference)
        if run_id is None:
            return TaskView(TaskState.UNKNOWN)
        self._catch_up(run_id)
        ended = self.runs[run_id].state is RunState.ENDED
        return TaskView(TaskState.RETURNED if ended else TaskState.PENDING)

    def _status(self, run_id: str, position: int) -> RunStatus:
        if run_id in self._since:
            self._catch_up(run_id)
        return super()._status(run_id, position)

    def _catch_up(self, run_id: str) -> None:
        """Lets a run do what it will have done by now."""
        run, course = self.runs[run_id], self._course
        passed = self._clock.now() - self._since[run_id] - course.queue_seconds
        if run.state is RunState.ENDED or passed < 0:
            return
        done, told = min(course.epochs, int(passed / course.epoch_seconds)), len(run.lines) // 2
        self.begin(run_id, *(line for number in range(told + 1, done + 1) for line in self._lines(run_id, number)))
        if done == course.epochs:
            self._finish(run_id)

    def _lines(self, run_id: str, number: int) -> tuple[Progress, Progress]:
        """Returns what a run says at the end of an epoch."""
        left = (self._course.epochs - number) * self._course.epoch_seconds
        at = self._since[run_id] + self._course.queue_seconds + number * self._course.epoch_seconds
        epoch = Progress(
            phase=Phase.TRAINING,
            at=at,
            epoch=number,
            step=number * 10,
            ends_epoch=True,
            accuracy=number / (number + 5),
            loss=1.0,
            seconds_left=left,
        )
        model = _epoch_model(run_id, number)
        return epoch, Progress(phase=Phase.WRITING, at=at, epoch=number, step=number * 10, model=model)

    def _finish(self, run_id: str) -> None:
        """Ends a run well. Its last epoch was the best."""
        numbers = range(1, self._course.epochs + 1)
        epochs = tuple(
            Epoch(number=each, step=each * 10, loss=1.0, accuracy=each / (each + 5), seconds=self._course.epoch_seconds)
            for each in numbers
        )
        self.end(
            run_id,
            Outcome.FINISHED,
            models=(ModelFile(sha256=_SHA, size=len(WEIGHTS), path="models/best.mlmodel", format="mlmodel"),),
            epochs=epochs,
            best_epoch=self._course.epochs,
            epoch_models=tuple(_epoch_model(run_id, each) for each in numbers),
            metrics=Metrics(split=Split.VALIDATION, cer=0.5, wer=0.5, characters=10, errors=5, lines=1),
        )
        run = self.runs[run_id]
        if isinstance(run.report, TrainReport):
            seconds = self._course.epochs * self._course.epoch_seconds
            run.report = run.report.model_copy(update={"usage": Usage(seconds=seconds, gpu_seconds=seconds)})


def _epoch_model(run_id: str, number: int) -> EpochModel:
    return EpochModel(
        run_id=run_id,
        epoch=number,
        accuracy=number / (number + 5),
        path=f"models/epoch_{number}.mlmodel",
        format="mlmodel",
        sha256=_SHA,
        size=len(WEIGHTS),
    )
