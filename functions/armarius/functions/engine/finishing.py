"""From the best weights to models and their test."""

from importlib.metadata import version
from typing import Any

from armarius.functions.contracts import Outcome, Phase, Split
from armarius.functions.engine.kind import Kind, P
from armarius.functions.engine.ledger import Ledger
from armarius.functions.engine.models import write_models
from armarius.functions.engine.session import Session


def finish(session: Session, kind: Kind[P], prepared: P, net: Any, ledger: Ledger) -> None:
    """Writes the best weights as model files, reads them again as anybody would, and tests them.

    Args:
        session: The run; its end is noted.
        kind: What was trained.
        prepared: The pages.
        net: The network; it gets the best weights.
        ledger: The books of the training.

    Raises:
        EngineFault: No epoch got anything right.
    """
    ledger.require_success(kind.learns)
    done = ledger.patience.done
    session.progress(Phase.WRITING, epoch=done)
    net.load_state_dict(ledger.best_weights)
    net.cpu().eval()
    describe(net, session, kind, prepared, ledger, ledger.best_epoch)
    session.run.require_claim()
    models = write_models(session.run, net)
    session.note(models=models, baseline=ledger.baseline, improved=ledger.improved, message=_verdict(kind, ledger))
    session.progress(Phase.TESTING, epoch=done)
    split = Split.TEST if prepared.holds(Split.TEST) else Split.VALIDATION
    metrics = kind.test(session.run.path / models[0].path, prepared, split)
    session.note(metrics=metrics, training_memory=session.host.peak(), outcome=Outcome.FINISHED)


def _verdict(kind: Kind[Any], ledger: Ledger) -> str:
    """Says that the training brought nothing, if it did."""
    if ledger.improved is not False or ledger.baseline is None or ledger.best is None:
        return ""
    best, base = ledger.best.accuracy, ledger.baseline.accuracy
    return f"Did not improve on its base model: {kind.measure} {best:.2%} in validation, against {base:.2%} before."


def describe(net: Any, session: Session, kind: Kind[P], prepared: P, ledger: Ledger, epoch: int | None) -> None:
    """Makes a network say where it comes from, so that any kraken reads it.

    Args:
        net: It gets metadata.
        session: The run.
        kind: What is trained.
        prepared: The pages.
        ledger: The books of the training.
        epoch: Whose weights it has.
    """
    net.user_metadata.update(_metadata(session, kind, prepared, ledger, epoch))
    kind.seal(net)


def _metadata(session: Session, kind: Kind[P], prepared: P, ledger: Ledger, epoch: int | None) -> dict[str, Any]:
    """Returns what a model file says of its origin: kraken's own keys, and ours under "armarius"."""
    spec = session.spec
    return {
        "accuracy": [(epoch.step, epoch.accuracy) for epoch in ledger.epochs],
        "metrics": [
            (
                epoch.number - 1,
                {
                    **{theirs: getattr(epoch, ours) for theirs, ours in kind.figures.items()},
                    "val_metric": epoch.accuracy,
                    "train_loss": epoch.loss,
                },
            )
            for epoch in ledger.epochs
        ],
        "armarius": {
            "run": spec.run_id,
            "dataset": spec.dataset,
            "base_model": spec.model.sha256 if spec.model else spec.parameters.packaged,
            "epoch": epoch,
            "best_epoch": ledger.best_epoch,
            "improved": ledger.improved,
            "lines": prepared.dataset_summary().lines,
            "parameters": spec.parameters.model_dump(mode="json"),
            "kraken": version("kraken"),
        },
    }
