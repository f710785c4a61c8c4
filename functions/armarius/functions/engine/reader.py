"""kraken's module of a network that reads lines, with steps that tell torch nothing that it need not know."""

from typing import Any

import torch
from kraken.train import VGSLRecognitionModel


class LineReader(VGSLRecognitionModel):  # type: ignore[misc]
    """Trains on batches of lines of like width as if each line were as wide as the widest: they end in background.

    kraken tells the network where each line ends. torch then computes the recurrent layers step by step instead of at
    once: a training step takes a tenth more time with a single line, and two to three times as much with several of
    unequal width (``benchmarks/steps.py``). Validations and tests are kraken's own.
    """

    def training_step(self, batch: dict[str, Any], _number: int) -> Any:
        """Returns the CTC loss of a batch, summed over its lines."""
        output, _ = self.net(batch["image"])
        output = output.float().log_softmax(1).squeeze(2)
        widths = torch.full((output.shape[0],), output.shape[2])
        return self.net.criterion(output.permute(2, 0, 1), batch["target"], widths, batch["target_lens"])
