"""A simulated site as its driver sees it, by the fake clock."""

import random
from typing import Any

from armarius.client.errors import SiteUnreachable
from armarius.client.placement.work import SETUP
from armarius.client.ports import Clock, TaskState, TaskView
from armarius.client.testing.simulation.course import Course
from armarius.client.testing.simulation.places import Places
from armarius.client.testing.simulation.world import TrueSite
from armarius.client.testing.site import FakeSite
from armarius.functions.contracts import (
    Outcome,
    QueueReport,
    Reason,
    RunSpec,
    RunState,
    Shape,
    StopRequest,
    WaitEstimate,
)

SHAPE = "cpu4"
"""What every site offers."""

FORETELLING = 0.03
"""How far what a run foretells of its end is off: ``benchmarks/calibrate.py`` measures 2 to 3 %."""


class SimulatedSite(FakeSite):
    """Fulfils ``Compute``: runs begin and end when their time has come.

    Args:
        places: Its places.
        clock: The time.
        start: When the simulation began, by that clock.
        pixels: Of an epoch, by the digest of a dataset.
    """

    def __init__(self, places: Places, clock: Clock, start: float, pixels: dict[str, float]) -> None:
        super().__init__()
        self._places = places
        self._clock = clock
        self._start = start
        self._pixels = pixels
        self._courses: dict[str, Course] = {}

    @property
    def true(self) -> TrueSite:
        """The site as it really is."""
        return self._places.site

    def now(self) -> float:
        """Returns the seconds since the simulation began."""
        return self._clock.now() - self._start

    def changes(self, run_id: str) -> float | None:
        """Returns when there will next be something to hear of a run; None if there will not."""
        course = self._courses.get(run_id)
        return course.next_change(self.now()) if course is not None else None

    def course(self, run_id: str) -> Course:
        """Returns how a run goes in truth."""
        return self._courses[run_id]

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Takes a place for a run."""
        reference = super().submit(spec, shape, walltime)
        if spec.run_id not in self._courses:
            pixels = self._pixels[spec.dataset]
            done = spec.resume_from.epoch if spec.resume_from else 0
            work = pixels * max(1, spec.parameters.epochs - done)
            begins, ends = self._places.take(spec.run_id.rsplit("-", 1)[0], self.now(), work)
            foretells = random.Random(spec.run_id).lognormvariate(0.0, FORETELLING)  # noqa: S311 - nothing secret
            epoch = (ends - begins - SETUP) / max(1, spec.parameters.epochs - done)
            self._courses[spec.run_id] = Course(
                spec, self._start, begins, ends, epoch, pixels, foretells, self.versions
            )
        return reference

    def task(self, reference: str) -> TaskView:
        """All tasks wait in the queue, or are computed."""
        return TaskView(TaskState.PENDING)

    def _reach(self) -> None:
        if not self.true.answers(self.now()):
            raise SiteUnreachable(f"{self.true.name} does not answer.")

    def _status(self, run_id: str, position: int) -> Any:
        self._come_true(run_id)
        return super()._status(run_id, position)

    def _probe(self, payload: dict[str, Any]) -> dict[str, Any]:
        seconds = self.true.exaggerates * self.true.level(self.now())
        wait = WaitEstimate(shape=SHAPE, walltime="60d", seconds=seconds)
        self.queue = QueueReport(waits=(wait,), free={SHAPE: self._places.idle(self.now())})
        return super()._probe(payload)

    def _cancel(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Ends runs, or lets them pause; one that waits never begins."""
        request = StopRequest.model_validate(payload)
        for run_id in request.runs:
            run, course = self.runs.get(run_id), self._courses.get(run_id)
            self._come_true(run_id)
            if run is None or course is None or run.report is not None:
                continue
            self._places.leave(course.ends, self.now())
            if run.state is RunState.UNKNOWN:
                del self.runs[run_id], self._courses[run_id]
                continue
            ending = (Outcome.PAUSED, Reason.ASKED) if request.pause else (Outcome.CANCELLED, None)
            run.state, run.report = RunState.ENDED, course.report(self.now(), *ending)
        return {}

    def _release(self, payload: dict[str, Any]) -> dict[str, Any]:
        """Deletes what it kept of runs."""
        for run_id in payload["runs"]:
            self.runs.pop(run_id, None)
            self._courses.pop(run_id, None)
        return {"kept": []}

    def _come_true(self, run_id: str) -> None:
        """Brings a run into the state that is due."""
        run, course = self.runs.get(run_id), self._courses.get(run_id)
        if run is None or course is None or run.report is not None or self.now() < course.begins:
            return
        run.state = RunState.RUNNING
        run.lines += course.lines(len(run.lines), self.now())
        run.checkpoint = course.checkpoint(self.now()) or run.checkpoint
        if self.now() >= course.ends:
            run.state, run.report = RunState.ENDED, course.report(course.ends, Outcome.FINISHED)
