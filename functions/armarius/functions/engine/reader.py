"""kraken's module of a network that reads lines, with steps that waste nothing on a processor."""

from typing import Any

import torch
from kraken.train import VGSLRecognitionModel


class LineReader(VGSLRecognitionModel):  # type: ignore[misc]
    """Trains as kraken does, to the same gradients but for rounding.

    The network is told where each line ends only if they differ: packing lines of one width, such as a single one,
    takes up to a tenth of a step (``benchmarks/steps.py``). The loss is computed in 32 bits where the network computes
    in 16.
    """

    def training_step(self, batch: dict[str, Any], _number: int) -> Any:
        """Returns the CTC loss of a batch, summed over its lines."""
        widths = batch["seq_lens"]
        uneven = bool((widths != widths[0]).any())
        output, ends = self.net(batch["image"], widths if uneven else None)
        letters = output.float().log_softmax(1).squeeze(2)
        if ends is None:
            ends = torch.full((letters.shape[0],), letters.shape[2])
        return self.net.criterion(letters.permute(2, 0, 1), batch["target"], ends, batch["target_lens"])
