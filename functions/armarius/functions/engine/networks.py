"""kraken's networks, as every kind of model begins with them: on paper, new, given, or from a checkpoint."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from kraken.models import create_model

from armarius.functions.contracts import Reason
from armarius.functions.engine.models import blaming_model
from armarius.functions.engine.session import Session
from armarius.functions.errors import EngineFault
from armarius.functions.faults import blaming

Module = Callable[[Any], Any]
"""Makes kraken's Lightning module from its configuration."""


def on_paper(module: Module, config: Any, kind: str, spec: str, output: str) -> Any:
    """Builds a network once without its weights, for kraken's parser says what is wrong in many ways.

    Args:
        module: Reads the beginning of the network.
        config: Its configuration.
        kind: kraken's name of the kind of model.
        spec: The network in VGSL.
        output: The output layer, which kraken adds when it knows what is to be learnt.

    Raises:
        EngineFault: kraken cannot build it.
    """
    network = spec.strip()
    advice = "Take the network of a training that worked, or kraken's default."
    with blaming(Reason.BAD_PARAMETERS, f"kraken cannot build the network {network}", advice), torch.device("meta"):
        module(config)
        return create_model("TorchVGSLModel", model_type=[kind], vgsl=f"[{network[1:-1]} {output}]")


def begin(
    module: Module, config: Any, session: Session, given: Callable[[], Any], checkpoint: dict[str, Any] | None
) -> Any:
    """Returns the module to train: of a checkpoint, of the base model, or new."""
    if checkpoint is None and session.spec.starts_from_a_model:
        return given()
    made = module(config)
    if checkpoint is not None:
        made.on_load_checkpoint(checkpoint)
    return made


def load(module: Any, config: Any, kind: str, session: Session, path: Path) -> Any:
    """Loads a model file that somebody gave us, or that kraken brings along.

    Raises:
        EngineFault: It cannot be used.
    """
    model = session.spec.model
    name = model.name if model else path.name
    with blaming_model(name, kind):
        loaded = module.load_from_weights(path, config=config)
    if not all(bool(weight.isfinite().all()) for weight in loaded.net.parameters()):
        raise EngineFault(
            Reason.BAD_MODEL,
            f"The model {name} has weights that are no numbers: the training that it comes from went wrong.",
            "Take a model of an earlier epoch of that training, or another one.",
        )
    return loaded
