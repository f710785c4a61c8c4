"""What the engine is started for: to train, or to evaluate."""

import logging
from importlib.metadata import version
from typing import Any

import torch
from lightning.pytorch import seed_everything

from armarius.functions.contracts import AnyMetrics, Outcome, Phase, Split, Task
from armarius.functions.engine.allocator import forget_primitives
from armarius.functions.engine.bookkeeping import Bookkeeper
from armarius.functions.engine.calibrating import Calibrator
from armarius.functions.engine.checkpointing import CheckpointKeeper
from armarius.functions.engine.device import require_gpu
from armarius.functions.engine.epochmodels import EpochModels
from armarius.functions.engine.finishing import finish
from armarius.functions.engine.kind import Kind, P
from armarius.functions.engine.kinds import kind_of
from armarius.functions.engine.ledger import Ledger
from armarius.functions.engine.lineage import job_of
from armarius.functions.engine.patience import Patience
from armarius.functions.engine.recomputing import Recomputing
from armarius.functions.engine.resuming import Checkpoint, find_checkpoint
from armarius.functions.engine.session import Session
from armarius.functions.engine.trainer import build_trainer
from armarius.functions.engine.trying import choose_for


def perform(session: Session) -> None:
    """Does what the spec asks and notes its end in the session.

    Raises:
        Paused: The run was asked to pause, or its calibration does not fit; a checkpoint is there if one is possible.
        Exception: Whatever went wrong.
    """
    _quieten()
    _set_up_torch(session)
    session.note(kraken=version("kraken"), torch=torch.__version__)
    if session.spec.task is Task.EVALUATE:
        _evaluate(session)
    else:
        _train(session)


def _quieten() -> None:
    """Keeps Lightning's advertisements out of the log; it sets its level itself when it is imported."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.WARNING)


def _set_up_torch(session: Session) -> None:
    """Uses the cores that were allocated, and no denormal numbers.

    Late in a training, vanishing weights become denormal and slow every step down by more than half.

    Raises:
        EngineFault: The run was given a GPU, and torch sees none.
    """
    if session.spec.limits.gpus:
        require_gpu()
    elif (session.spec.parameters.lines_per_step or 1) > 1:
        forget_primitives()
    _ = session.device  # before anything is allocated there: a share of a GPU has its limit from now on
    torch.set_flush_denormal(True)
    torch.set_num_threads(session.spec.limits.cpus)


def _prepare(session: Session, kind: Kind[P], tested: Any = None) -> P:
    """Makes the pages ready, telling how it goes."""

    def tell(done: int, every: int, what: str) -> None:
        session.stop_if_asked()
        session.progress(Phase.COMPILING, message=f"{done} of {every} {what}")

    prepared = kind.prepare(tell, tested)
    session.note(dataset=prepared.dataset_summary())
    return prepared


def _evaluate(session: Session) -> None:
    """Tests a model on the test pages."""
    kind = kind_of(session)
    path, module = kind.given_model()
    prepared = _prepare(session, kind, module)
    session.progress(Phase.TESTING)
    session.note(setup_seconds=session.elapsed())
    metrics = kind.test(path, prepared, Split.TEST)
    session.note(metrics=metrics, outcome=Outcome.FINISHED)


def _train(session: Session) -> None:
    """Trains from wherever the training stands to its end.

    The network comes before the pages: a bad model or bad parameters show in seconds, cutting out lines takes minutes.
    """
    kind_of(session).check()
    checkpoint = find_checkpoint(session)
    if checkpoint is not None:
        session.note(checkpoint=checkpoint.reference)
        session.settle(checkpoint.choice)
    kind = kind_of(session)
    trainer, module = _build(session, kind, checkpoint)
    prepared = _prepare(session, kind)
    ledger = Ledger(Patience.of(session.parameters), job_of(session.spec))
    if checkpoint is None:
        ledger.baseline = _baseline(session, kind, prepared)
        ledger.choice = choose_for(session, kind, module, prepared)
        session.settle(ledger.choice)
        kind = kind_of(session)
        trainer, module = _build(session, kind, None)
    _fit(session, kind, trainer, module, prepared, checkpoint, ledger)
    session.stop_if_asked()
    finish(session, kind, prepared, module.net, ledger)


def _build(session: Session, kind: Kind[Any], checkpoint: Checkpoint | None) -> tuple[Any, Any]:
    """Returns a trainer, and the module to train."""
    seed_everything(session.parameters.seed, verbose=False)
    trainer = build_trainer(session, [], session.parameters)
    with trainer.init_module(empty_init=False):
        return trainer, kind.module(checkpoint.content if checkpoint else None)


def _baseline(session: Session, kind: Kind[P], prepared: P) -> AnyMetrics | None:
    """Measures what the training has to better, before it begins; nothing where it begins from scratch."""
    if not session.spec.starts_from_a_model:
        return None
    session.progress(Phase.VALIDATING, message="measuring the base model on the validation pages")
    baseline = kind.baseline(prepared)
    session.note(baseline=baseline)
    return baseline


def _fit(
    session: Session,
    kind: Kind[P],
    trainer: Any,
    module: Any,
    prepared: P,
    checkpoint: Checkpoint | None,
    ledger: Ledger,
) -> None:
    """Runs what is left of the training; nothing if it is over."""
    data = kind.data(prepared, module)
    books = Bookkeeper(session, kind, ledger, data.sampler, kind.cost(prepared, data, module))
    keeper = CheckpointKeeper(books, session.spec.limits.checkpoint_every)
    calibrator = [Calibrator(books, keeper)] if session.spec.task is Task.CALIBRATE else []
    wanted = session.spec.epoch_models
    epoch_models = [EpochModels(books, prepared, wanted)] if wanted else []
    recomputing = [] if session.spec.limits.gpus else [Recomputing(ledger)]
    trainer.callbacks[:0] = [books, *epoch_models, *calibrator, keeper, *recomputing]
    if checkpoint is not None:
        books.take_up(checkpoint.state)
        checkpoint.content.clear()  # Lightning reads the file itself; twice the network need not stay in memory
        session.note(
            epochs=tuple(ledger.epochs),
            best_epoch=ledger.best_epoch,
            calibration=ledger.calibration,
            epoch_models=tuple(ledger.epoch_models),
            baseline=ledger.baseline,
        )
    if not ledger.patience.exhausted:
        seed_everything(session.parameters.seed, verbose=False)
        path = str(checkpoint.path) if checkpoint else None
        trainer.fit(module, data, ckpt_path=path, weights_only=False)
