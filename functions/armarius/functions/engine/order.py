"""In which order lines or pages are trained on: a function of the seed and the epoch, of nothing else."""

import random
from collections.abc import Iterator, Sequence
from heapq import nlargest


class BatchOrder:
    """Batches of lines as they come, in random order: as kraken makes them.

    Lines of like width in a batch would save up to a seventh of what is computed, but a network learns slower from them
    (``benchmarks/README.md``).

    Args:
        widths: The width in pixels of each line as the network sees it; of a page, its area.
        batch_size: Lines per batch.
        seed: Any integer.
    """

    def __init__(self, widths: Sequence[int], batch_size: int, seed: int) -> None:
        self._widths = widths
        self._size = batch_size
        self._seed = seed

    def of(self, batch_size: int) -> "BatchOrder":
        """Returns the same lines in batches of another size."""
        return BatchOrder(self._widths, batch_size, self._seed)

    def __len__(self) -> int:
        """The number of batches, the same in each epoch."""
        return -(-len(self._widths) // self._size)

    def epoch(self, number: int) -> list[list[int]]:
        """Returns the batches of one epoch, each a list of line numbers.

        Args:
            number: From 0.
        """
        chance = random.Random(f"{self._seed}/{number}")  # noqa: S311 - no secret
        lines = list(range(len(self._widths)))
        chance.shuffle(lines)
        return [lines[start : start + self._size] for start in range(0, len(lines), self._size)]

    def largest(self) -> list[int]:
        """Returns the widest lines, as many as a batch has: none can be larger."""
        return nlargest(self._size, range(len(self._widths)), key=self._widths.__getitem__)

    def typical(self, count: int) -> list[list[int]]:
        """Returns some batches of the first epoch that stand for all, from narrow to wide."""
        batches = sorted(self.epoch(0), key=self.padded_width)
        return [batches[(2 * number + 1) * len(batches) // (2 * count)] for number in range(count)]

    def padded_width(self, batch: Sequence[int]) -> int:
        """Returns the lines of a batch times the width of its widest, in pixels."""
        return len(batch) * max(self._widths[line] for line in batch)

    def widest(self) -> int:
        """Returns the greatest padded width that a batch can have."""
        return self.padded_width(self.largest())


class ResumableSampler:
    """Hands out the batches of one epoch after another, from any batch on. torch takes it as a batch sampler.

    Args:
        order: What comes when.
    """

    def __init__(self, order: BatchOrder) -> None:
        self.order = order
        self._epoch = 0
        self._start = 0

    def begin(self, epoch: int, start: int = 0) -> None:
        """Says where the next iteration begins.

        Args:
            epoch: From 0.
            start: Batches of that epoch that are already done.
        """
        self._epoch = epoch
        self._start = start

    def __len__(self) -> int:
        """The batches of a whole epoch, wherever the iteration begins: Lightning counts what is done itself."""
        return len(self.order)

    def __iter__(self) -> Iterator[list[int]]:
        yield from self.order.epoch(self._epoch)[self._start :]
