"""kraken's module of a network that reads lines, with batches of few widths, and the loss in 32 bits."""

from typing import Any

from kraken.train import VGSLRecognitionModel
from torch import Tensor
from torch.nn.functional import pad

WIDTHS = 64
"""On a processor, the width of a batch of several lines is a multiple of so many pixels.

The C library keeps the memory of a step for the next one; where each batch has a width of its own, little fits where
something else was, and for some epochs a training takes ever more (``benchmarks/README.md``)."""


class LineReader(VGSLRecognitionModel):  # type: ignore[misc]
    """Trains as kraken does, but for the loss: in 32 bits where the network computes in 16."""

    def training_step(self, batch: dict[str, Any], _number: int) -> Any:
        """Returns the CTC loss of a batch, summed over its lines."""
        output, ends = self.net(_of_few_widths(batch["image"]), batch["seq_lens"])
        letters = output.float().log_softmax(1).squeeze(2)
        return self.net.criterion(letters.permute(2, 0, 1), batch["target"], ends, batch["target_lens"])


def _of_few_widths(lines: Tensor) -> Tensor:
    """Pads a batch further; :func:`~armarius.functions.engine.recurrent.at_once` lets a network take that."""
    several = len(lines) > 1 and lines.device.type == "cpu"
    return pad(lines, (0, -lines.shape[3] % WIDTHS)) if several else lines
