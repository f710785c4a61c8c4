"""The callback that keeps the books while Lightning trains, and tells how it goes."""

import time
from typing import Any

from lightning.pytorch.callbacks import Callback

from armarius.functions.contracts import Phase, Task
from armarius.functions.engine import randomness
from armarius.functions.engine.cost import Cost
from armarius.functions.engine.kind import Kind
from armarius.functions.engine.ledger import Ledger
from armarius.functions.engine.order import ResumableSampler
from armarius.functions.engine.session import Session
from armarius.functions.engine.settling import settle

EVERY = 2.0
"""Seconds between two lines of progress within an epoch."""


class Bookkeeper(Callback):  # type: ignore[misc]
    """Adds up losses, keeps the best weights, measures, reports, and ends the training when patience is exhausted.

    It comes first among the callbacks, so that the others find the books up to date.

    Args:
        session: The run.
        kind: What is trained.
        ledger: The books.
        sampler: Told where each epoch begins.
        cost: Fed with every step.
    """

    STATE = "armarius"

    def __init__(
        self, session: Session, kind: Kind[Any], ledger: Ledger, sampler: ResumableSampler, cost: Cost
    ) -> None:
        self.session = session
        self.ledger = ledger
        self.cost = cost
        self.base_memory = 0
        self.began = 0.0
        self.kind = kind
        self._sampler = sampler
        self._generators: dict[str, Any] | None = None
        cost.checkpoint_every = session.spec.limits.checkpoint_every
        self._average = cost.epoch_pixels(0)
        self._mark = self._reported = time.monotonic()
        self._lines_reported = 0
        self._waited = 0.0

    # What a checkpoint keeps -----------------------------------------------------------------------------------

    @property
    def state_key(self) -> str:
        """The books' name in a checkpoint."""
        return self.STATE

    def state_dict(self) -> dict[str, Any]:
        """Returns the books and the random number generators as they are now."""
        self._count_seconds()
        return {"ledger": self.ledger.state(), "generators": randomness.capture()}

    def take_up(self, state: dict[str, Any]) -> None:
        """Goes on where a checkpoint ended; the generators are set at the last moment."""
        self.ledger.resume(state["ledger"])
        self._generators = state["generators"]
        self._sampler.begin(self.ledger.patience.done, self.ledger.batches)

    # Lightning's hooks -----------------------------------------------------------------------------------------

    def on_train_start(self, trainer: Any, module: Any) -> None:
        """Settles what trains, and sets the generators: between here and the first step nothing draws from them."""
        settle(self.session, self.kind, trainer, module)
        if self._generators is not None:
            randomness.restore(self._generators)
            self._generators = None
        self.session.device.forget_peak()
        self.base_memory = self.session.device.used()
        self.began = self._mark = time.monotonic()
        self._lines_reported = self.ledger.lines
        self._tell(Phase.TRAINING)

    def on_train_epoch_start(self, *_: Any) -> None:
        """Begins an epoch, unless one is taken up in the middle."""
        self._sampler.begin(self.ledger.patience.done)
        self.ledger.begin_epoch()
        self._lines_reported = 0
        self._mark = time.monotonic()

    def on_train_batch_start(self, *_: Any) -> None:
        """Notes how long the step waited for its lines, and how long it took to get to the first one."""
        self._waited = time.monotonic() - self._mark
        if not self.session.end.setup_seconds:
            self.session.note(setup_seconds=self.session.elapsed())

    def on_train_batch_end(self, trainer: Any, _module: Any, outputs: Any, batch: Any, _number: int) -> None:
        """Adds a step to the books."""
        lines, pixels = self.kind.batch_size(batch)
        self.ledger.add_batch(lines, float(outputs["loss"].detach()))
        self.cost.steps.add(pixels, self._count_seconds(), self._waited)
        if self._mark - self._reported >= EVERY:
            self._tell(Phase.TRAINING, trainer)

    def on_validation_start(self, *_: Any) -> None:
        """Starts the clock of a validation."""
        self._count_seconds()
        self._tell(Phase.VALIDATING)

    def on_validation_end(self, *_: Any) -> None:
        """Stops it."""
        self.cost.validation.add(self._count_seconds())

    def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
        """Closes an epoch: its figures, its weights if they are the best, and whether to go on."""
        step = trainer.global_step
        figures = self._figures(trainer.callback_metrics)
        _, better = self.ledger.close_epoch(step, **figures)
        if better:
            self.ledger.best_weights = {
                name: value.detach().cpu().clone() for name, value in module.net.state_dict().items()
            }
        if self.ledger.patience.exhausted:
            trainer.should_stop = True
        self.session.note(epochs=tuple(self.ledger.epochs), best_epoch=self.ledger.best_epoch)
        self._tell(Phase.TRAINING, trainer, ends_epoch=True, **figures)

    def _figures(self, measured: dict[str, Any]) -> dict[str, Any]:
        """Returns the figures of a validation under our names; None where kraken brings none."""
        known = self.kind.figures.items()
        return {ours: float(measured[theirs]) if theirs in measured else None for theirs, ours in known}

    # For the callbacks after this one --------------------------------------------------------------------------

    def not_training(self) -> None:
        """Says that the time since the last step was spent on something else than the next."""
        self._mark = time.monotonic()

    def seconds_left(self, epochs: int) -> float:
        """Predicts the seconds to the end if there are so many epochs in all."""
        done = self.ledger.patience.done
        return self.cost.seconds_left(done, self.ledger.batches, epochs, self._average)

    # Within ----------------------------------------------------------------------------------------------------

    def _count_seconds(self) -> float:
        """Adds the time since the last count to the epoch, and returns it."""
        now = time.monotonic()
        passed, self._mark = now - self._mark, now
        self.ledger.seconds += passed
        return passed

    def _tell(self, phase: Phase, trainer: Any = None, **figures: Any) -> None:
        """Appends a line of progress."""
        self.session.note(training_memory=self.session.host.peak())
        if self.session.spec.limits.gpus:
            self.session.note(gpu_memory=self.session.device.peak())
        now = time.monotonic()
        if trainer is not None:
            figures["lrate"] = trainer.optimizers[0].param_groups[0]["lr"]
            figures["step"] = trainer.global_step
            figures[self.kind.speed] = self._speed(now, figures.get("ends_epoch", False))
        else:
            figures["step"] = self._steps()
        if phase is Phase.TRAINING and self.session.spec.task is Task.CALIBRATE and not self.ledger.calibration:
            phase = Phase.CALIBRATING
        known = self.cost.steps.steps > 0
        least, most = (self.seconds_left(epochs) if known else None for epochs in self.ledger.patience.span())
        self.session.progress(
            phase,
            epoch=self.ledger.patience.done,
            steps_per_epoch=len(self._sampler),
            loss=self.ledger.mean_loss,
            seconds_left=most,
            seconds_left_least=least,
            pause_seconds=self.cost.pause_seconds,
            **figures,
        )
        self._reported = now

    def _steps(self) -> int:
        """Returns the optimiser steps done, from the books."""
        return self.ledger.patience.done * len(self._sampler) + self.ledger.batches

    def _speed(self, now: float, whole_epoch: bool) -> float | None:
        """Returns the lines or pages per second since the line before, or of the whole epoch (with its validation)."""
        if whole_epoch:
            return self.ledger.lines / self.ledger.seconds if self.ledger.seconds else None
        lines, self._lines_reported = self.ledger.lines - self._lines_reported, self.ledger.lines
        return lines / (now - self._reported) if now > self._reported else None
