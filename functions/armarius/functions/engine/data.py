"""kraken's data module with batches of our own making."""

from typing import Any

import torch
from kraken.lib.dataset import collate_sequences
from kraken.train import VGSLRecognitionDataModule
from torch.utils.data import DataLoader

from armarius.functions.engine.order import BatchOrder, ResumableSampler

MOST_WORKERS = 4
"""Loader processes beside a GPU. On a CPU none: they only take cores and memory from the network."""


class LineData(VGSLRecognitionDataModule):  # type: ignore[misc]
    """Lines from Arrow files, in an order that can be taken up again at any batch.

    The loaders have generators of their own: otherwise every new iterator would draw a number from the global one, and
    a resumed training would not draw what an uninterrupted one does. (No ``__init__``: kraken saves its arguments as
    hyper-parameters.)

    Attributes:
        sampler: The training batches.
        reading: The order of the validation lines.
        workers: Loader processes.
        pinned: Whether batches go to a GPU.
        seed: Seeds the loaders' generators.
    """

    sampler: ResumableSampler
    reading: BatchOrder
    workers: int = 0
    pinned: bool = False
    seed: int = 0

    def train_dataloader(self) -> Any:
        """Returns the loader of the training lines."""
        return self._loader(self.train_set, self.sampler)

    def val_dataloader(self) -> Any:
        """Returns the loader of the validation lines; lines of like width share a batch."""
        return self._loader(self.val_set, self.reading.by_width())

    def test_dataloader(self) -> Any:
        """Returns the loader of the test lines, one by one as ``ketos test`` reads them.

        In a batch, padding seeps into the right end of the shorter lines and can change what is read there.
        """
        return self._loader(self.test_set, [[line] for line in range(len(self.test_set))])

    def _loader(self, lines: Any, batches: Any) -> Any:
        return DataLoader(
            lines,
            batch_sampler=batches,
            num_workers=self.workers,
            pin_memory=self.pinned,
            collate_fn=collate_sequences,
            generator=torch.Generator().manual_seed(self.seed),
        )
