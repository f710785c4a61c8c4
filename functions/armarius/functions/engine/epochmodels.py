"""A model file after every epoch, for those who want to choose among them."""

import copy
import time
from typing import Any

from lightning.pytorch.callbacks import Callback

from armarius.functions.contracts import EpochModel, ModelFormat, Phase
from armarius.functions.engine.bookkeeping import Bookkeeper
from armarius.functions.engine.finishing import describe
from armarius.functions.engine.kind import Prepared
from armarius.functions.engine.models import write_epoch


class EpochModels(Callback):  # type: ignore[misc]
    """Writes them, each with the figures of the epochs so far.

    It comes after the books, which close the epoch, and before the checkpoints: where a run dies in between, the epoch
    is trained again and its file written anew; never is one missing that a checkpoint takes as done.

    Args:
        books: Of the training.
        prepared: The pages.
        wanted: The format.
    """

    def __init__(self, books: Bookkeeper, prepared: Prepared, wanted: ModelFormat) -> None:
        self._books = books
        self._prepared = prepared
        self._wanted = wanted

    def on_train_epoch_end(self, trainer: Any, module: Any) -> None:
        """Writes one, and says so."""
        begun = time.monotonic()
        session, ledger = self._books.session, self._books.ledger
        epoch = ledger.epochs[-1]
        net = copy.deepcopy(module.net).cpu().eval()
        describe(net, session, self._books.kind, self._prepared, ledger, epoch.number)
        session.run.require_claim()
        written = write_epoch(session.run, net, epoch.number, self._wanted)
        model = EpochModel(
            **written.model_dump(), run_id=session.run.run_id, epoch=epoch.number, accuracy=epoch.accuracy
        )
        ledger.epoch_models.append(model)
        session.note(epoch_models=tuple(ledger.epoch_models))
        session.progress(Phase.WRITING, epoch=epoch.number, step=trainer.global_step, model=model)
        self._books.cost.epoch_model.add(time.monotonic() - begun)
        self._books.not_training()
