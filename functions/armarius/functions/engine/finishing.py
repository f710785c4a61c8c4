"""From the best weights to models and their test."""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from armarius.functions.contracts import Outcome, Phase, Split
from armarius.functions.engine.kind import Kind, P, Prepared
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
    net.user_metadata.update(metadata(session, prepared, ledger, kind.figures))
    kind.seal(net)
    models = write_models(session.run, net)
    session.note(models=models)
    session.progress(Phase.TESTING, epoch=done)
    split = Split.TEST if prepared.holds(Split.TEST) else Split.VALIDATION
    metrics = kind.test(session.run.path / models[0].path, prepared, split)
    session.note(metrics=metrics, outcome=Outcome.FINISHED)


def metadata(session: Session, prepared: Prepared, ledger: Ledger, figures: Mapping[str, str]) -> dict[str, Any]:
    """Returns what the model files say of their origin: kraken's own keys, and ours under "armarius".

    Args:
        session: The run.
        prepared: The pages.
        ledger: The books of the training.
        figures: By kraken's name of a figure, that of the field of an Epoch.
    """
    spec = session.spec
    return {
        "accuracy": [(epoch.step, epoch.accuracy) for epoch in ledger.epochs],
        "metrics": [
            (
                epoch.number - 1,
                {
                    **{theirs: getattr(epoch, ours) for theirs, ours in figures.items()},
                    "val_metric": epoch.accuracy,
                    "train_loss": epoch.loss,
                },
            )
            for epoch in ledger.epochs
        ],
        "armarius": {
            "run": spec.run_id,
            "dataset": spec.dataset,
            "base_model": spec.model.sha256 if spec.model else None,
            "best_epoch": ledger.best_epoch,
            "lines": prepared.dataset_summary().lines,
            "parameters": spec.parameters.model_dump(mode="json"),
            "kraken": version("kraken"),
        },
    }
