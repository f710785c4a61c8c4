"""The machine's side that computes, and what memory it has left: the processor, or a GPU."""

import os
import resource
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import torch

from armarius.functions.contracts import Limits, Reason
from armarius.functions.contracts.parameters import Precision
from armarius.functions.engine.allocator import give_back
from armarius.functions.errors import EngineFault
from armarius.functions.frame import GPU_CONTEXT, gpu_share

STATM, CLEAR_REFS = Path("/proc/self/statm"), Path("/proc/self/clear_refs")

FORGET_PEAK = "5"
"""What makes Linux forget the peak of a process (``proc(5)``, ``clear_refs``)."""


class Device(Protocol):
    """What computes.

    Attributes:
        precisions: The arithmetic to choose from, 32 bits first.
        scatter: What steps of any widths take at most over what the largest one takes alone: what a step gave back lies
            scattered, and the next does not always find room there.
    """

    precisions: tuple[Precision, ...]
    scatter: float

    def used(self) -> int:
        """Returns the bytes in use now."""

    def peak(self) -> int:
        """Returns the most bytes that were in use since :meth:`forget_peak`, or ever where it cannot be forgotten."""

    def forget_peak(self) -> None:
        """Gives back what is not in use, and measures the peak anew."""


CPUINFO = Path("/proc/cpuinfo")
HALVES = frozenset({"avx512_bf16", "amx_bf16", "bf16"})
"""What Linux calls arithmetic in 16 bits, on x86 and on ARM."""


class Processor:
    """The cores, with the resident memory of this process.

    Arithmetic in 16 bits is offered by processors made for it; others take many times as long, too long to try.
    """

    scatter = 1.25  # of what was tried, measured with glibc: 1.0 to 1.25 (benchmarks/README.md)

    def __init__(self, cpuinfo: Path = CPUINFO) -> None:
        self.precisions: tuple[Precision, ...] = ("32-true", "bf16-mixed") if _halves(cpuinfo) else ("32-true",)

    def used(self) -> int:
        """Returns the resident bytes (Linux), or the peak where the kernel does not tell."""
        try:
            return int(STATM.read_text(encoding="ascii").split()[1]) * resource.getpagesize()
        except OSError:
            return self.peak()

    def peak(self) -> int:
        """Returns the most resident bytes."""
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024

    def forget_peak(self) -> None:
        """Trims the heap; where the kernel lets no process forget its peak, the old one stays."""
        give_back()
        with suppress(OSError):
            CLEAR_REFS.write_text(FORGET_PEAK, encoding="ascii")


class Gpu:
    """One GPU, a slice of one, or a share. Written after torch's documentation; no GPU was at hand to run it on.

    torch's own allocator needs room, too; how much was not measured, and the pool asks for a fifth more.

    Args:
        share: Bytes that this process may take of a GPU on which others compute, too: beyond them it runs out of
            memory as on a GPU of that size, and its neighbours notice nothing. None for all there is.
    """

    scatter = 1.0

    def __init__(self, share: int | None = None, number: int = 0) -> None:
        if share is not None:
            whole = torch.cuda.get_device_properties(number).total_memory
            torch.cuda.set_per_process_memory_fraction(min(1.0, max(0, share - GPU_CONTEXT) / whole), number)
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


def require_gpu() -> None:
    """Looks whether torch sees the GPU that a run was given.

    Raises:
        EngineFault: It sees none.
    """
    if not torch.cuda.is_available():
        raise EngineFault(
            Reason.ENGINE_MISSING,
            f"The shape has a GPU, and PyTorch {torch.__version__} sees none.",
            "The operator must look whether the driver is there, and whether this PyTorch is made for such a GPU.",
        )


def _halves(cpuinfo: Path) -> bool:
    """Tells whether the processor is made for 16 bits; where nothing says so, it is not."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    return any(HALVES & set(line.split()) for line in lines if line.lower().startswith(("flags", "features")))


def device_of(limits: Limits) -> Device:
    """Returns what a run computes on."""
    return Gpu(gpu_share(os.environ)) if limits.gpus else Processor()
