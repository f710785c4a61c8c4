"""A step whose gradients are no numbers is computed again, in 32 bits, before the optimizer takes them."""

from typing import Any

import torch
from lightning.pytorch.callbacks import Callback

from armarius.functions.engine.ledger import Ledger


class Recomputing(Callback):  # type: ignore[misc]
    """Keeps a training on a processor from being lost to one step.

    On processors with AMX, oneDNN's gradient of a convolution in 16 bits multiplies memory that nobody wrote by zero:
    where that memory happens to hold no number, neither does the result (``benchmarks/uninitialised.py``). All weights
    would be lost with it, for gradients are cut to a common norm. In 32 bits it computes another way.

    Whether a step is computed again depends on what lay in memory, so weights are bit-equal from run to run in 32 bits,
    and in 16 only where this never happens; the random numbers that follow are the same in any case.

    Args:
        ledger: Such steps are counted there.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._batch: Any = None

    def on_train_batch_start(self, _trainer: Any, _module: Any, batch: Any, _number: int) -> None:
        """Keeps the batch for the length of its step."""
        self._batch = batch

    def on_train_batch_end(self, *_: Any) -> None:
        """Lets go of it."""
        self._batch = None

    def on_before_optimizer_step(self, _trainer: Any, module: Any, optimizer: torch.optim.Optimizer) -> None:
        """Computes gradients that are no numbers again; where they are none in 32 bits either, weights stay."""
        if _finite(module):
            return
        optimizer.zero_grad()
        with torch.random.fork_rng(devices=[]):
            module.training_step(self._batch, 0).backward()
        if _finite(module):
            self._ledger.recomputed += 1
        else:
            self._ledger.left_out += 1
            optimizer.zero_grad()


def _finite(module: Any) -> bool:
    """Tells whether all gradients are numbers."""
    gradients = [weight.grad for weight in module.parameters() if weight.grad is not None]
    return bool(torch.nn.utils.get_total_norm(gradients).isfinite())
