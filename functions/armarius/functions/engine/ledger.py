"""What a training has come to so far: all that a checkpoint keeps beside the network and its optimiser."""

import math
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter

from armarius.functions.contracts import AnyMetrics, CalibrationReport, Choice, Epoch, EpochModel, Reason
from armarius.functions.engine.patience import Patience
from armarius.functions.errors import EngineFault

_METRICS: TypeAdapter[AnyMetrics] = TypeAdapter(AnyMetrics)


@dataclass
class Ledger:
    """The books of one training, over all its runs.

    Attributes:
        patience: When to stop.
        job: Names what is trained on what, so that no other training's checkpoint is taken up.
        epochs: The figures of every epoch done.
        batches: Batches done of the epoch under way.
        loss: The sum of their losses.
        lines: Its lines, or pages.
        seconds: Its seconds, training and validation.
        recomputed: Its steps that were computed again.
        left_out: Its steps that changed no weight.
        best_epoch: The number of the best epoch, from 1; the first of equals.
        best_weights: The network's state after it.
        calibration: What was foretold, once it was.
        epoch_models: The model files of epochs, if they are kept.
        baseline: How good the base model is in validation; None without one.
        choice: The batch size and precision of the training; None of one that began with an earlier release.
    """

    patience: Patience
    job: str
    epochs: list[Epoch] = field(default_factory=list)
    batches: int = 0
    loss: float = 0.0
    lines: int = 0
    seconds: float = 0.0
    recomputed: int = 0
    left_out: int = 0
    best_epoch: int | None = None
    best_weights: dict[str, Any] | None = None
    calibration: CalibrationReport | None = None
    epoch_models: list[EpochModel] = field(default_factory=list)
    baseline: AnyMetrics | None = None
    choice: Choice | None = None

    def begin_epoch(self) -> None:
        """Starts an epoch's sums."""
        self.batches, self.loss, self.lines, self.seconds = 0, 0.0, 0, 0.0
        self.recomputed, self.left_out = 0, 0

    def add_batch(self, lines: int, loss: float) -> None:
        """Takes note of a step.

        Args:
            lines: Lines, or pages, of the batch.
            loss: The sum of their losses.
        """
        self.batches += 1
        self.lines += lines
        self.loss += loss

    @property
    def mean_loss(self) -> float | None:
        """The mean loss per line or page of this epoch; None before the first, or where it is not finite."""
        mean = self.loss / self.lines if self.lines else math.nan
        return mean if math.isfinite(mean) else None

    def close_epoch(self, step: int, accuracy: float, **others: float | None) -> tuple[Epoch, bool]:
        """Takes note of a whole epoch.

        Args:
            step: Optimiser steps done.
            accuracy: What chooses the best epoch.
            others: Other figures of the validation: fields of an Epoch.

        Returns:
            Its figures, and whether it was better than all before: its weights are then to be kept.
        """
        best = self.best
        self.patience.after(accuracy, stuck=0 < self.batches == self.left_out)
        epoch = Epoch(
            number=self.patience.done,
            step=step,
            loss=self.mean_loss,
            accuracy=accuracy,
            seconds=self.seconds,
            recomputed=self.recomputed or None,
            left_out=self.left_out or None,
            **others,
        )
        self.epochs.append(epoch)
        self.batches = 0
        better = best is None or _merit(epoch) > _merit(best)
        if better:
            self.best_epoch = epoch.number
        return epoch, better

    @property
    def best(self) -> Epoch | None:
        """The best epoch."""
        return self.epochs[self.best_epoch - 1] if self.best_epoch else None

    @property
    def improved(self) -> bool | None:
        """Whether the best epoch did better in validation than the base model; None without one."""
        if self.baseline is None or self.best is None:
            return None
        return self.baseline.beaten_by(self.best)

    def require_success(self, learns: str) -> None:
        """Checks that there is a model worth keeping.

        Args:
            learns: What the model should have learnt to do: "reads", "finds".

        Raises:
            EngineFault: No epoch got anything right.
        """
        if self.best is not None and max(_merit(self.best)) > 0:
            return
        nothing = f"After {self.patience.done} epochs the model still {learns} nothing right on the validation pages"
        if self.patience.stuck:
            raise EngineFault(
                Reason.NO_IMPROVEMENT,
                f"{nothing}, and no step of the last had gradients that are numbers.",
                "Take a lower learning rate (lrate), or start from another model.",
            )
        raise EngineFault(
            Reason.NO_IMPROVEMENT,
            f"{nothing}.",
            "Train longer (raise epochs, min_epochs and lag), add pages, or start from a model of similar ones.",
        )

    def state(self) -> dict[str, Any]:
        """Returns plain values and tensors, so that a later release can read them."""
        return {
            "job": self.job,
            "patience": self.patience.state(),
            "epochs": [epoch.model_dump(mode="json") for epoch in self.epochs],
            "sums": (self.batches, self.loss, self.lines, self.seconds),
            "mended": (self.recomputed, self.left_out),
            "best_epoch": self.best_epoch,
            "best_weights": self.best_weights,
            "calibration": self.calibration.model_dump(mode="json") if self.calibration else None,
            "epoch_models": [model.model_dump(mode="json") for model in self.epoch_models],
            "baseline": self.baseline.model_dump(mode="json") if self.baseline else None,
            "choice": self.choice.model_dump(mode="json") if self.choice else None,
        }

    def resume(self, state: dict[str, Any]) -> None:
        """Takes up what a checkpoint kept."""
        self.patience.resume(state["patience"])
        self.epochs = [Epoch.model_validate(epoch) for epoch in state["epochs"]]
        self.batches, self.loss, self.lines, self.seconds = state["sums"]
        self.recomputed, self.left_out = state.get("mended", (0, 0))
        self.best_epoch = state["best_epoch"]
        self.best_weights = state["best_weights"]
        calibration = state["calibration"]
        self.calibration = CalibrationReport.model_validate(calibration) if calibration else None
        self.epoch_models = [EpochModel.model_validate(model) for model in state.get("epoch_models", [])]
        baseline = state.get("baseline")
        self.baseline = _METRICS.validate_python(baseline) if baseline else None
        self.choice = choice_in(state)


def choice_in(state: dict[str, Any]) -> Choice | None:
    """Returns the batch size and precision of the training that left these books."""
    choice = state.get("choice")
    return Choice.model_validate(choice) if choice else None


def _merit(epoch: Epoch) -> tuple[float, float]:
    """Returns what epochs are compared by: of equals, the one that finds more lines.

    The mean IU of a segmentation knows lines by their ends alone, and stays at 0 for long where there are no regions.
    """
    return epoch.accuracy, epoch.baseline_f1 or 0.0
