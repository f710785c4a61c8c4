"""In which order lines or pages are trained on: a function of the seed and the epoch, of nothing else."""

import random
from collections.abc import Iterator, Sequence

POOL = 4
"""Batches whose lines are sorted by width together. The larger, the less padding, and the less chance.

With 16, a twentieth less is computed than with 4, but a network learns slower, for batches of short lines pull it
another way; with 4 it learns as with batches made blindly (``benchmarks/README.md``)."""


class BatchOrder:
    """Batches of lines of like width, in random order.

    Lines are shuffled and cut into pools of :data:`POOL` batches; in a pool, neighbours in width share a batch; then
    the batches are shuffled. Batches of 8 then hold 89 % writing instead of 77 to 81 % on the pages in
    ``benchmarks/README.md``, and every line still meets other lines in every epoch. Batches of one, as of pages, are
    simply shuffled.

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
        if self._size == 1:
            return [[line] for line in lines]
        pool = POOL * self._size
        batches = [batch for start in range(0, len(lines), pool) for batch in self._sorted(lines[start : start + pool])]
        chance.shuffle(batches)
        return batches

    def by_width(self) -> list[list[int]]:
        """Returns all lines in batches of like width, the widest first, for a pass whose order does not matter."""
        return self._sorted(list(range(len(self._widths))))

    def typical(self, count: int) -> list[list[int]]:
        """Returns some batches of the first epoch that stand for all, from narrow to wide."""
        batches = sorted(self.epoch(0), key=self.padded_width)
        return [batches[(2 * number + 1) * len(batches) // (2 * count)] for number in range(count)]

    def _sorted(self, lines: list[int]) -> list[list[int]]:
        """Cuts lines into batches, the widest first."""
        ordered = sorted(lines, key=lambda line: (-self._widths[line], line))
        return [ordered[start : start + self._size] for start in range(0, len(ordered), self._size)]

    def padded_width(self, batch: Sequence[int]) -> int:
        """Returns the lines of a batch times the width of its widest, in pixels."""
        return len(batch) * max(self._widths[line] for line in batch)

    def widest(self) -> int:
        """Returns the greatest padded width that a batch can have."""
        return self.padded_width(self.by_width()[0])


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
