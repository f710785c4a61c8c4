"""How many workers there shall be."""

from dataclasses import dataclass

FIRST_GUESS = 5 << 29
"""Bytes that a worker takes, before one was measured: with kraken's own segmentation, which scales a page down to 1800
pixels of height, it took 2 GB and more where it keeps memory for the next layer."""

ROOM = 1.1
"""Pages differ: what was measured, and a tenth."""


@dataclass(frozen=True)
class Means:
    """What there is to work with.

    Attributes:
        cpus: Hardware threads.
        memory: Bytes for all workers together.
        gpus: GPUs.
    """

    cpus: int
    memory: int
    gpus: int = 0


@dataclass(frozen=True)
class Needs:
    """What a worker takes, as measured.

    Attributes:
        memory: Peak bytes of the largest so far; 0 before any did a page.
        gpu_memory: The same on a GPU.
        gpu_whole: Bytes that each GPU has.
    """

    memory: int = 0
    gpu_memory: int = 0
    gpu_whole: int = 0

    def and_of(self, memory: int, gpu_memory: int, gpu_whole: int) -> "Needs":
        """Returns what they take with one more measurement."""
        return Needs(max(self.memory, memory), max(self.gpu_memory, gpu_memory), max(self.gpu_whole, gpu_whole))


def workers(means: Means, needs: Needs, pages: int) -> int:
    """Returns how many workers are best: one for each core, as far as the memory reaches.

    With GPUs there is one for each until it is known what one takes there; then as many as their memory holds, for a
    page waits longer for the processor than for the GPU. (Written after the documentation; no GPU was at hand.)

    Args:
        means: What there is.
        needs: What one takes.
        pages: How many are left.

    Returns:
        At least one.
    """
    by_memory = int(means.memory / (ROOM * (needs.memory or FIRST_GUESS)))
    most = min(means.cpus, by_memory, pages)
    if means.gpus:
        each = int(needs.gpu_whole / (ROOM * needs.gpu_memory)) if needs.gpu_memory else 1
        most = min(most, means.gpus * each)
    return max(1, most)
