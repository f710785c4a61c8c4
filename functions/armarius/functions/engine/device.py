"""The machine's side that computes, and what memory it has left: the processor, or a GPU."""

import resource
from typing import Protocol

import torch

from armarius.functions.contracts import Limits
from armarius.functions.contracts.parameters import Precision
from armarius.functions.engine.allocator import give_back

FORGET_PEAK = "5"
"""What makes Linux forget the peak of a process (``proc(5)``, ``clear_refs``)."""


class Device(Protocol):
    """What computes.

    Attributes:
        precisions: The arithmetic to choose from, 32 bits first.
    """

    precisions: tuple[Precision, ...]

    def used(self) -> int:
        """Returns the bytes in use now."""

    def peak(self) -> int:
        """Returns the most bytes that were in use since :meth:`forget_peak`, or ever where it cannot be forgotten."""

    def forget_peak(self) -> None:
        """Gives back what is not in use, and measures the peak anew."""


class Processor:
    """The cores, with the resident memory of this process.

    Arithmetic in 16 bits is tried on any processor: it takes half the time on those made for it, and several times as
    much on others, which a few steps show.
    """

    precisions: tuple[Precision, ...] = ("32-true", "bf16-mixed")

    def used(self) -> int:
        """Returns the resident bytes (Linux), or the peak where the kernel does not tell."""
        try:
            with open("/proc/self/statm", encoding="ascii") as source:  # noqa: PTH123 - a kernel file, not a path of ours
                return int(source.read().split()[1]) * resource.getpagesize()
        except OSError:
            return self.peak()

    def peak(self) -> int:
        """Returns the most resident bytes."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def forget_peak(self) -> None:
        """Trims the heap; where the kernel lets no process forget its peak, the old one stays."""
        give_back()
        try:
            with open("/proc/self/clear_refs", "w", encoding="ascii") as door:  # noqa: PTH123
                door.write(FORGET_PEAK)
        except OSError:
            return


class Gpu:
    """One GPU, or a slice of one. Written after torch's documentation; no GPU was at hand to run it on."""

    def __init__(self) -> None:
        native = torch.cuda.is_bf16_supported(including_emulation=False)
        self.precisions: tuple[Precision, ...] = ("32-true", "bf16-mixed") if native else ("32-true",)

    def used(self) -> int:
        """Returns the bytes that torch has reserved."""
        return int(torch.cuda.memory_reserved())

    def peak(self) -> int:
        """Returns the most bytes that torch had reserved."""
        return int(torch.cuda.max_memory_reserved())

    def forget_peak(self) -> None:
        """Empties torch's cache."""
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()


def device_of(limits: Limits) -> Device:
    """Returns what a run computes on."""
    return Gpu() if limits.gpus else Processor()
