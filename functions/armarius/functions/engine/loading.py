"""What the data modules of all kinds have in common."""

from typing import Any

import torch
from torch.utils.data import DataLoader

from armarius.functions.contracts import Limits
from armarius.functions.engine.order import ResumableSampler

MOST_WORKERS = 4
"""Loader processes beside a GPU. On a CPU none: they only take cores and memory from the network."""


class ResumableData:
    """Loads items in an order that can be taken up again at any batch.

    The loaders have generators of their own: otherwise every new iterator would draw a number from the global one, and
    a resumed training would not draw what an uninterrupted one does. (No ``__init__``: kraken saves its arguments as
    hyper-parameters.)

    Attributes:
        sampler: The training batches.
        workers: Loader processes.
        pinned: Whether batches go to a GPU.
        seed: Seeds the loaders' generators.
    """

    sampler: ResumableSampler
    workers: int = 0
    pinned: bool = False
    seed: int = 0

    def set_up_loaders(self, limits: Limits, seed: int) -> None:
        """Fits the loaders to the machine."""
        self.seed = seed
        self.pinned = limits.gpus > 0
        self.workers = min(MOST_WORKERS, limits.cpus - 1) if limits.gpus else 0

    def loader(self, items: Any, batches: Any, collate: Any) -> Any:
        """Returns a loader of some batches."""
        return DataLoader(
            items,
            batch_sampler=batches,
            num_workers=self.workers,
            pin_memory=self.pinned,
            collate_fn=collate,
            generator=torch.Generator().manual_seed(self.seed),
        )
