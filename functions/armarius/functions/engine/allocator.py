"""What the C library does with memory that was given back to it, and what lies in its way."""

import ctypes
import os
from contextlib import suppress

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3  # <malloc.h>
_MOST = 2**31 - 1
_AT_ONCE = 64 << 20


def keep_memory() -> bool:
    """Lets the C library keep what a step gave back for the next one.

    glibc asks the kernel for each block of over 32 MB anew, and returns it at once: a training on the CPU then spends
    up to a third of its time on pages that are cleared for it again and again (``benchmarks/train.py``). It takes
    somewhat more memory. Elsewhere than with glibc nothing changes.

    Returns:
        Whether it is so now.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    settings = ((_MMAP_THRESHOLD, _MOST), (_TRIM_THRESHOLD, _MOST), (_TOP_PAD, _AT_ONCE))
    return all(mallopt(name, value) == 1 for name, value in settings)


def give_back() -> None:
    """Returns to the kernel what the C library keeps unused; elsewhere than with glibc nothing happens."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def forget_primitives() -> None:
    """Lets oneDNN, which computes convolutions, forget how it does so after each; to be called before the first.

    It keeps a thousand ways, one for each width and layer. Each lies where there was room in the middle of a step, and
    parts the memory that the step gives back (``benchmarks/memory.py``). To find the ways anew takes no time that can
    be seen with several lines of kraken's default network, but a twentieth of a step with a single one, and a tenth or
    more in small networks; these are better off with what is kept.
    """
    os.environ["ONEDNN_PRIMITIVE_CACHE_CAPACITY"] = "0"
