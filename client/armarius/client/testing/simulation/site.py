"""The ports of a simulated site: what a driver sees of it, by the fake clock."""

from collections.abc import Sequence
from typing import Any

from armarius.client.errors import SiteUnreachable
from armarius.client.ports import Clock, Parcel, TaskState, TaskView, TransferState, TransferView
from armarius.client.testing.simulation.places import Places, carrying
from armarius.client.testing.simulation.world import TrueSite
from armarius.client.testing.site import VERSIONS, FakeSite
from armarius.functions.contracts import (
    CalibrationReport,
    CostModel,
    Outcome,
    Phase,
    Progress,
    QueueReport,
    RunSpec,
    RunState,
    Shape,
    TrainReport,
    Usage,
    WaitEstimate,
)

SHAPE = "cpu4"
"""What every site offers."""


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
        self._times: dict[str, tuple[float, float]] = {}

    @property
    def true(self) -> TrueSite:
        """The site as it really is."""
        return self._places.site

    def now(self) -> float:
        """Returns the seconds since the simulation began."""
        return self._clock.now() - self._start

    def changes(self, run_id: str) -> float | None:
        """Returns when something will next happen to a run: its beginning or its end; None if nothing will."""
        begins, ends = self._times.get(run_id, (0.0, 0.0))
        return next((at for at in (begins, ends) if at > self.now()), None)

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Takes a place for a run."""
        reference = super().submit(spec, shape, walltime)
        if spec.run_id not in self._times:
            done = spec.resume_from.epoch if spec.resume_from else 0
            work = self._pixels[spec.dataset] * max(1, spec.parameters.epochs - done)
            self._times[spec.run_id] = self._places.take(spec.run_id.rsplit("-", 1)[0], self.now(), work)
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

    def _come_true(self, run_id: str) -> None:
        """Brings a run into the state that is due."""
        run, (begins, ends) = self.runs.get(run_id), self._times.get(run_id, (0.0, 0.0))
        if run is None or run.report is not None or self.now() < begins:
            return
        if run.state is RunState.UNKNOWN:
            run.state = RunState.RUNNING
            run.lines.append(Progress(at=begins, phase=Phase.TRAINING, step=1))
        if self.now() >= ends:
            run.state = RunState.ENDED
            run.report = self._report(run.spec, begins, ends)

    def _report(self, spec: RunSpec, begins: float, ends: float) -> TrainReport:
        pixels = int(self._pixels[spec.dataset])
        cost = CostModel(
            setup_seconds=40.0,
            seconds_per_pixel=self.true.speed,
            validation_seconds=0.0,
            checkpoint_seconds=0.0,
            pixels_per_epoch=pixels,
            memory=10**9,
            steps=100,
        )
        epochs = spec.parameters.epochs
        return TrainReport(
            run_id=spec.run_id,
            task=spec.task,
            outcome=Outcome.FINISHED,
            started=begins,
            ended=ends,
            versions=VERSIONS,
            usage=Usage(seconds=ends - begins),
            calibration=CalibrationReport(
                cost=cost, seconds=60.0, epochs=(epochs, epochs), seconds_left=(0.0, ends - begins), went_on=True
            ),
        )


class SimulatedStaging:
    """Fulfils ``Staging``: what is sent is there when its time has come.

    Args:
        site: Where it goes.
    """

    def __init__(self, site: SimulatedSite) -> None:
        self._site = site
        self._under_way: dict[str, tuple[float, Sequence[Parcel]]] = {}

    def arrives(self, transfer: str) -> float:
        """Returns when a transfer will be there."""
        return self._under_way[transfer][0] if transfer in self._under_way else self._site.now()

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to send."""
        size = sum(parcel.size for parcel in parcels)
        self._under_way.setdefault(transfer, (self._site.now() + carrying(self._site.true, size), parcels))

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Nothing is brought home in a simulation."""

    def status(self, transfer: str) -> TransferView:
        """Tells how a transfer stands."""
        if transfer not in self._under_way:
            return TransferView(TransferState.UNKNOWN)
        at, parcels = self._under_way[transfer]
        total = sum(parcel.size for parcel in parcels)
        if self._site.now() < at:
            return TransferView(TransferState.ACTIVE, total=total)
        self._site.held.update(parcel.sha256 for parcel in parcels)
        return TransferView(TransferState.DONE, moved=total, total=total)

    def cancel(self, transfer: str) -> None:
        """Forgets a transfer."""
        self._under_way.pop(transfer, None)

    def close(self) -> None:
        """Nothing is to be ended."""
