"""No gradient outlives its step."""

from typing import Any

from lightning.pytorch.callbacks import Callback


class GradientsEnd(Callback):  # type: ignore[misc]
    """Gives gradients back as soon as the weights are changed; Lightning keeps them until the next backward pass.

    They lie scattered among what the step gave back, so that on a processor the next one would find no room there for
    its largest blocks, and take more memory (``benchmarks/memory.py``).
    """

    def on_train_batch_end(self, trainer: Any, *_: Any) -> None:
        """Gives them back."""
        for optimizer in trainer.optimizers:
            optimizer.zero_grad()
