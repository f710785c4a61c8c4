"""Writing checkpoints when they are due, and leaving when asked."""

import copy
import time
from typing import Any

from lightning.pytorch.callbacks import Callback

from armarius.functions.contracts import Reason
from armarius.functions.engine.bookkeeping import Bookkeeper
from armarius.functions.engine.session import Paused

_ONE_BEGUN = {"ready": 1, "completed": 0, "started": 1, "processed": 0}


class CheckpointKeeper(Callback):  # type: ignore[misc]
    """Writes a checkpoint after a step or an epoch, never in between.

    A checkpoint holds everything in one file. Three places are safe, and after each the training goes on to the bit:

    * after a step that is not the last of its epoch;
    * during a validation: it will be begun anew (Lightning is told that its first batch was under way);
    * after an epoch.

    After the last step of an epoch none is written, for Lightning would take the epoch as done, unvalidated.

    Args:
        books: Come before this callback.
        every: Seconds of training that may be lost at most.
    """

    def __init__(self, books: Bookkeeper, every: float) -> None:
        self._books = books
        self._session = books.session
        self._every = every
        self._written = time.monotonic()
        self._validating = False

    # Lightning's hooks -----------------------------------------------------------------------------------------

    def on_train_start(self, *_: Any) -> None:
        """Starts the clock."""
        self._written = time.monotonic()

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Writes one if it is due or somebody asks for a pause."""
        if not trainer.fit_loop.epoch_loop.batch_progress.is_last_batch:
            self._session.stop_if_asked(keep=lambda: self.write(trainer))
            self._write_if_due(trainer)

    def on_validation_start(self, trainer: Any, _module: Any) -> None:
        """Leaves if asked; see :meth:`on_validation_batch_end`."""
        self._validating = True
        self._session.stop_if_asked(keep=lambda: self.write(trainer))

    def on_validation_batch_end(self, trainer: Any, *_: Any) -> None:
        """Leaves if asked: the validation is begun anew on resuming, the training of the epoch is kept."""
        self._session.stop_if_asked(keep=lambda: self.write(trainer))

    def on_validation_end(self, *_: Any) -> None:
        """Notes that the validation is whole."""
        self._validating = False

    def on_train_epoch_end(self, trainer: Any, _module: Any) -> None:
        """Writes one if it is due, if somebody asks for a pause, and at the end of the training in any case."""
        if self._books.ledger.patience.exhausted:
            self.write(trainer)
            return
        self._session.stop_if_asked(keep=lambda: self.write(trainer))
        self._write_if_due(trainer)

    def on_save_checkpoint(self, _trainer: Any, _module: Any, checkpoint: dict[str, Any]) -> None:
        """Makes the checkpoint fit to be resumed: elsewhere, and within a validation."""
        hyper = checkpoint["datamodule_hyper_parameters"]
        config = copy.copy(hyper["data_config"])
        for name in ("training_data", "evaluation_data"):
            setattr(config, name, [])  # files of this machine, or whole pages: the dataset says which
        hyper["data_config"] = config
        if self._validating:
            progress = checkpoint["loops"]["fit_loop"]["epoch_loop.val_loop.batch_progress"]
            progress.update(total=dict(_ONE_BEGUN), current=dict(_ONE_BEGUN), is_last_batch=False)

    # Writing ---------------------------------------------------------------------------------------------------

    def write(self, trainer: Any) -> None:
        """Writes a checkpoint and puts it on record.

        Raises:
            OSError: It does not fit on the disk. The room that it took is free again, for the report.
            Superseded: The run was taken over.
        """
        begun = time.monotonic()
        run = self._session.run
        run.require_claim()
        run.checkpoints.mkdir(parents=True, exist_ok=True)
        fresh = run.checkpoints / "unfinished.ckpt"
        try:
            trainer.save_checkpoint(fresh)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        reference = run.record_checkpoint(fresh, self._books.ledger.patience.done, trainer.global_step)
        self._session.note(checkpoint=reference)
        self._written = time.monotonic()
        self._books.cost.checkpoint.add(self._written - begun)
        self._books.not_training()

    def leave(self, trainer: Any, reason: Reason) -> None:
        """Writes a checkpoint and ends the run.

        Raises:
            Paused: Always.
        """
        self.write(trainer)
        raise Paused(reason)

    def _write_if_due(self, trainer: Any) -> None:
        if time.monotonic() - self._written >= self._every:
            self.write(trainer)
