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
    net.user_metadata.update(metadata(session, compiled, ledger))
    # add_codec leaves a JSON string here, which kraken's safetensors loader takes for a list of letters
    net.user_metadata["codec"] = net.codec.c2l
    session.run.require_claim()
    models = write_models(session.run, net)
    session.note(models=models)
    session.progress(Phase.TESTING, epoch=done)
    split = Split.TEST if compiled.sizes(Split.TEST) else Split.VALIDATION
    metrics = kind.test(session.run.path / models[0].path, compiled, split)
    session.note(metrics=metrics, outcome=Outcome.FINISHED)


def metadata(session: Session, compiled: Compiled, ledger: Ledger) -> dict[str, Any]:
    """Returns what the model files say of their origin: kraken's own keys, and ours under "armarius"."""
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
            "best_epoch": ledger.best_epoch,
            "lines": compiled.dataset_summary().lines,
            "parameters": spec.parameters.model_dump(mode="json"),
            "kraken": version("kraken"),
        },
    }
