"""How a simulated run goes: when it begins and ends, what it has done by then, and what it can tell of that."""

import hashlib
from dataclasses import dataclass

from armarius.client.placement.work import SETUP
from armarius.functions.contracts import (
    CalibrationReport,
    CheckpointRef,
    CostModel,
    Epoch,
    Outcome,
    Phase,
    Progress,
    Reason,
    RunSpec,
    Task,
    TrainReport,
    Usage,
    Versions,
)

CALIBRATION = 60.0
"""Seconds of training after which a run foretells its end."""

TOLD = 3600.0
"""Seconds between two lines of progress, and between two looks of a driver at a run that goes on."""

CHECKPOINT_BYTES = 50_000_000
"""What a checkpoint is on its way: weights and the optimiser's state. The file that comes is a few bytes long."""


@dataclass(frozen=True)
class Course:
    """A run on its site.

    Attributes:
        spec: The run.
        start: When the simulation began, by the clock; all other times are seconds from then.
        begins: When it leaves the queue.
        ends: When it is done, if nothing stops it.
        epoch: Seconds of an epoch.
        pixels: Of an epoch.
        foretells: The end that it foretells, over the true one.
        versions: Of its site's software.
    """

    spec: RunSpec
    start: float
    begins: float
    ends: float
    epoch: float
    pixels: float
    foretells: float
    versions: Versions

    @property
    def calibrated(self) -> float:
        """When it has measured what it takes."""
        return self.begins + SETUP + CALIBRATION

    @property
    def before(self) -> int:
        """Epochs done by earlier runs."""
        return self.spec.resume_from.epoch if self.spec.resume_from else 0

    def next_change(self, now: float) -> float | None:
        """Returns when there will be something to hear of it; None after its end."""
        hours = self.begins + TOLD * (max(0.0, now - self.begins) // TOLD + 1)
        moments = (self.begins, self.calibrated, hours, self.ends)
        return min((at for at in moments if now < at <= self.ends), default=None)

    def epochs(self, now: float) -> int:
        """Returns the epochs done by then, those of earlier runs too."""
        done = int(max(0.0, min(now, self.ends) - self.begins - SETUP) / self.epoch + 1e-9)
        return min(self.spec.parameters.epochs, self.before + done)

    def lines(self, told: int, now: float) -> list[Progress]:
        """Returns what it has written by now, after so many lines."""
        count = int(max(0.0, min(now, self.ends) - self.begins) // TOLD)
        times = sorted({self.begins, self.calibrated, *(self.begins + TOLD * (each + 1) for each in range(count))})
        return [self._line(at) for at in times if at <= min(now, self.ends)][told:]

    def _line(self, at: float) -> Progress:
        known = at >= self.calibrated
        early = Phase.CALIBRATING if self.spec.task is Task.CALIBRATE else Phase.PREPARING
        return Progress(
            at=self.start + at,
            phase=Phase.TRAINING if known else early,
            epoch=self.epochs(at),
            step=self.epochs(at) + 1,
            seconds_left=(self.ends - at) * self.foretells if known else None,
        )

    def checkpoint(self, now: float) -> CheckpointRef | None:
        """Returns the newest checkpoint: one is written with each epoch, but the first minutes leave none."""
        epochs = self.epochs(now)
        if epochs <= self.before or now < self.calibrated:
            return None
        text = checkpoint_text(self.spec.run_id, epochs)
        digest = hashlib.sha256(text).hexdigest()
        return CheckpointRef(run_id=self.spec.run_id, sha256=digest, size=len(text), epoch=epochs, step=epochs)

    def report(self, at: float, outcome: Outcome, reason: Reason | None = None) -> TrainReport:
        """Returns its report if it ends then."""
        epochs = self.epochs(at)
        return TrainReport(
            run_id=self.spec.run_id,
            task=self.spec.task,
            outcome=outcome,
            reason=reason,
            started=self.start + self.begins,
            ended=self.start + at,
            versions=self.versions,
            usage=Usage(seconds=at - self.begins, setup_seconds=SETUP),
            epochs=self._epochs(epochs),
            calibration=self._calibration() if at >= self.calibrated or outcome is Outcome.FINISHED else None,
        )

    def _epochs(self, last: int) -> tuple[Epoch, ...]:
        """Returns the run's own epochs; all but the last three count as one: thousands would only be long."""
        early = max(self.before, last - 3)
        told = [self._epoch(early, (early - self.before) * self.epoch)] if early > self.before else []
        return (*told, *(self._epoch(each, self.epoch) for each in range(early + 1, last + 1)))

    def _epoch(self, number: int, seconds: float) -> Epoch:
        return Epoch(number=number, step=number, loss=1.0, accuracy=0.5, seconds=seconds)

    def _calibration(self) -> CalibrationReport:
        cost = CostModel(
            setup_seconds=SETUP,
            seconds_per_pixel=self.epoch / self.pixels,
            validation_seconds=0.0,
            checkpoint_seconds=0.0,
            pixels_per_epoch=int(self.pixels),
            memory=10**9,
            steps=100,
        )
        epochs, left = self.spec.parameters.epochs, max(0.0, self.ends - self.calibrated) * self.foretells
        return CalibrationReport(
            cost=cost, seconds=CALIBRATION, epochs=(epochs, epochs), seconds_left=(left, left), went_on=True
        )


def checkpoint_text(run_id: str, epochs: int) -> bytes:
    """Returns what stands for a checkpoint."""
    return f"{run_id} after {epochs} epochs".encode()
