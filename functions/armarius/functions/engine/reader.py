"""kraken's module of a network that reads lines, with the loss in 32 bits."""

from typing import Any

from kraken.train import VGSLRecognitionModel


class LineReader(VGSLRecognitionModel):  # type: ignore[misc]
    """Trains as kraken does, but for the loss: in 32 bits where the network computes in 16."""

    def training_step(self, batch: dict[str, Any], _number: int) -> Any:
        """Returns the CTC loss of a batch, summed over its lines."""
        output, ends = self.net(batch["image"], batch["seq_lens"])
        letters = output.float().log_softmax(1).squeeze(2)
        return self.net.criterion(letters.permute(2, 0, 1), batch["target"], ends, batch["target_lens"])
