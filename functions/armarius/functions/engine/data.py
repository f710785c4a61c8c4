"""kraken's data module of lines, with batches of our own making."""

from typing import Any

from kraken.lib.dataset import collate_sequences
from kraken.train import VGSLRecognitionDataModule

from armarius.functions.engine.loading import ResumableData


class LineData(ResumableData, VGSLRecognitionDataModule):  # type: ignore[misc]
    """Lines from Arrow files."""

    def train_dataloader(self) -> Any:
        """Returns the loader of the training lines."""
        return self.loader(self.train_set, self.sampler, collate_sequences)

    def val_dataloader(self) -> Any:
        """Returns the loader of the validation lines."""
        return self._one_by_one(self.val_set)

    def test_dataloader(self) -> Any:
        """Returns the loader of the test lines."""
        return self._one_by_one(self.test_set)

    def _one_by_one(self, lines: Any) -> Any:
        """Returns a loader of lines one by one, as ``ketos test`` reads them.

        In a batch, padding seeps into the right end of the shorter lines and can change what is read there; and lines
        of unequal width are read no faster together (``benchmarks/steps.py``).
        """
        return self.loader(lines, [[line] for line in range(len(lines))], collate_sequences)
