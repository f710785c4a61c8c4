"""What is brought into another form before the first step, so that this machine computes it fastest."""

from collections.abc import Iterable
from typing import Any

import torch

from armarius.functions.engine.kind import Kind
from armarius.functions.engine.session import Session


def settle(session: Session, kind: Kind[Any], trainer: Any, module: Any) -> None:
    """Settles the network as its kind knows it, and on a CPU the optimizers.

    Args:
        session: The run.
        kind: What is trained.
        trainer: With its optimizers, and with what a checkpoint says of them already loaded: it counts otherwise.
        module: What it trains.
    """
    kind.settle(module.net)
    if not session.spec.limits.gpus:
        in_one_pass(trainer.optimizers)


def in_one_pass(optimizers: Iterable[torch.optim.Optimizer]) -> None:
    """Lets torch do at once what an optimizer does to a weight, where it can: with Adam, AdamW and SGD.

    It otherwise goes over all weights a dozen times, which is a twelfth of a step of kraken's default network with a
    single line (``benchmarks/steps.py``). The sums are the same, but for their rounding.
    """
    for optimizer in optimizers:
        if "fused" in optimizer.defaults:
            for group in optimizer.param_groups:
                group.update(fused=True, foreach=False)
