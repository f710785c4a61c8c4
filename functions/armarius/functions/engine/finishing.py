"""From the best weights to models and their test."""

from importlib.metadata import version
from typing import Any

from armarius.functions.contracts import Outcome, Phase, Split
from armarius.functions.engine.compiled import Compiled
from armarius.functions.engine.kind import Kind
from armarius.functions.engine.ledger import Ledger
from armarius.functions.engine.models import write_models
from armarius.functions.engine.session import Session


def finish(session: Session, kind: Kind, compiled: Compiled, net: Any, ledger: Ledger) -> None:
    """Writes the best weights as model files, reads them again as anybody would, and tests them.

    Args:
        session: The run; its end is noted.
        kind: What was trained.
        compiled: The lines.
        net: The network; it gets the best weights.
        ledger: The books of the training.

    Raises:
        EngineFault: No epoch read anything.
    """
    ledger.require_success()
    done = ledger.patience.done
    session.progress(Phase.WRITING, epoch=done)
    net.load_state_dict(ledger.best_weights)
    net.cpu().eval()
    describe(net, session, compiled, ledger, ledger.best_epoch)
    models = write_models(session.run, net)
    session.note(models=models, baseline=ledger.baseline, improved=ledger.improved, message=_verdict(ledger))
    session.progress(Phase.TESTING, epoch=done)
    split = Split.TEST if compiled.sizes(Split.TEST) else Split.VALIDATION
    metrics = kind.test(session.run.path / models[0].path, compiled, split)
    session.note(metrics=metrics, outcome=Outcome.FINISHED)


def _verdict(ledger: Ledger) -> str:
    """Says that the training brought nothing, if it did."""
    if ledger.improved is not False or ledger.baseline is None or ledger.best_accuracy is None:
        return ""
    best, base = 1 - ledger.best_accuracy, ledger.baseline.cer
    return f"Did not improve on its base model: CER {best:.2%} in validation, against {base:.2%} before."


def describe(net: Any, session: Session, compiled: Compiled, ledger: Ledger, epoch: int | None) -> None:
    """Makes a network say where it comes from.

    Args:
        net: It gets metadata.
        session: The run.
        compiled: The lines.
        ledger: The books of the training.
        epoch: Whose weights it has.
    """
    net.user_metadata.update(_metadata(session, compiled, ledger, epoch))
    # add_codec leaves a JSON string here, which kraken's safetensors loader takes for a list of letters
    net.user_metadata["codec"] = net.codec.c2l


def _metadata(session: Session, compiled: Compiled, ledger: Ledger, epoch: int | None) -> dict[str, Any]:
    """Returns what a model file says of its origin: kraken's own keys, and ours under "armarius"."""
    spec = session.spec
    return {
        "accuracy": [(epoch.step, epoch.accuracy) for epoch in ledger.epochs],
        "metrics": [
            (
                epoch.number - 1,
                {
                    "val_accuracy": epoch.accuracy,
                    "val_word_accuracy": epoch.word_accuracy,
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
            "epoch": epoch,
            "best_epoch": ledger.best_epoch,
            "improved": ledger.improved,
            "lines": compiled.dataset_summary().lines,
            "parameters": spec.parameters.model_dump(mode="json"),
            "kraken": version("kraken"),
        },
    }
