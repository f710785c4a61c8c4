"""The start of a training as a measurement: what will it cost, and does it fit in here?"""

import time
from typing import Any

from lightning.pytorch.callbacks import Callback

from armarius.functions.contracts import CalibrationReport, Reason
from armarius.functions.engine.bookkeeping import Bookkeeper
from armarius.functions.engine.checkpointing import CheckpointKeeper

FEWEST_STEPS = 10
"""Steps below which the seconds per pixel say little."""


class Calibrator(Callback):  # type: ignore[misc]
    """Decides once, after some seconds of training, whether the rest fits into this allocation.

    The validation need not have run by then: its seconds are estimated from those of the steps. To run one just for
    that would be work for nothing.

    Args:
        books: Come before this callback.
        keeper: Writes the checkpoint; comes after it.
    """

    def __init__(self, books: Bookkeeper, keeper: CheckpointKeeper) -> None:
        self._books = books
        self._keeper = keeper
        self._session = books.session

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Decides as soon as there is enough to decide on."""
        last = trainer.fit_loop.epoch_loop.batch_progress.is_last_batch
        if self._books.ledger.calibration is None and self._enough() and not last:
            self._decide(trainer)

    def on_train_epoch_end(self, trainer: Any, _module: Any) -> None:
        """Decides at the end of an epoch, too, and at the end of the training at the latest."""
        over = self._books.ledger.patience.exhausted
        if self._books.ledger.calibration is None and (over or self._enough()):
            self._decide(trainer)

    def _enough(self) -> bool:
        seconds = time.monotonic() - self._books.began
        return seconds >= self._session.spec.limits.calibration and self._books.cost.steps.steps >= FEWEST_STEPS

    def _decide(self, trainer: Any) -> None:
        """Puts the report on record and goes on, or leaves.

        A checkpoint is written first, so that its cost is known; the one that is left behind when the rest does not
        fit is another, which holds the report.
        """
        if not self._books.ledger.patience.exhausted:
            self._keeper.write(trainer)
        report = self.report()
        self._books.ledger.calibration = report
        self._session.note(calibration=report)
        self._session.run.write_calibration(report)
        if not report.went_on:
            self._keeper.leave(trainer, Reason.CALIBRATED)

    def report(self) -> CalibrationReport:
        """Returns what was measured and what it foretells."""
        least, most = self._books.ledger.patience.span()
        low, high = self._books.seconds_left(least), self._books.seconds_left(most)
        return CalibrationReport(
            cost=self._books.cost.model(
                self._session.end.setup_seconds,
                self._memory(),
                self._gpu_memory(),
                self._books.ledger.patience.done,
            ),
            seconds=time.monotonic() - self._books.began,
            epochs=(least, most),
            seconds_left=(low, high),
            went_on=self._books.ledger.patience.exhausted or self._fits(high),
        )

    def _fits(self, seconds: float) -> bool:
        """Tells whether so many seconds are left before the run would have to pause."""
        pause_at = self._session.spec.limits.pause_at
        return pause_at is None or seconds <= pause_at - self._session.elapsed()

    def _memory(self) -> int:
        """Foretells the peak of main memory; beside a GPU, what was seen has to stand for it."""
        if self._session.spec.limits.gpus:
            return self._session.host.peak()
        return self._peak()

    def _gpu_memory(self) -> int | None:
        return self._peak() if self._session.spec.limits.gpus else None

    def _peak(self) -> int:
        """Foretells the peak of what computes: as was seen so far, or with the largest step, which was tried."""
        device, choice = self._session.device, self._books.ledger.choice
        largest = int(device.scatter * choice.memory) if choice else 0
        return max(device.peak(), self._books.base_memory + largest)
