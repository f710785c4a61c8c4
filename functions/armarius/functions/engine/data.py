"""kraken's data module of lines, with batches of our own making."""

from typing import Any

from kraken.lib.dataset import collate_sequences
from kraken.train import VGSLRecognitionDataModule

from armarius.functions.engine.loading import ResumableData
from armarius.functions.engine.order import BatchOrder


class LineData(ResumableData, VGSLRecognitionDataModule):  # type: ignore[misc]
    """Lines from Arrow files.

    Attributes:
        reading: The order of the validation lines.
    """

    reading: BatchOrder

    def train_dataloader(self) -> Any:
        """Returns the loader of the training lines."""
        return self.loader(self.train_set, self.sampler, collate_sequences)

    def val_dataloader(self) -> Any:
        """Returns the loader of the validation lines; lines of like width share a batch."""
        return self.loader(self.val_set, self.reading.by_width(), collate_sequences)

    def test_dataloader(self) -> Any:
        """Returns the loader of the test lines, one by one as ``ketos test`` reads them.

        In a batch, padding seeps into the right end of the shorter lines and can change what is read there.
        """
        return self.loader(self.test_set, [[line] for line in range(len(self.test_set))], collate_sequences)
