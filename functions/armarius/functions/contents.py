"""How much a site keeps, counted for a bounded time: a store may have millions of files."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from armarius.functions.contracts import Contents
from armarius.functions.site import Site

PATIENCE = 0.3
"""Seconds."""


def contents(site: Site, patience: float = PATIENCE) -> Contents:
    """Counts files by content and compiled datasets.

    Args:
        site: Whose.
        patience: Seconds; what is not counted by then is said to be missing.
    """
    deadline = time.monotonic() + patience
    blobs = [0, 0]
    compiled: list[int] = [0, 0]
    whole = _add(site.root / "blobs", blobs, deadline) and _add(site.root / "compiled", compiled, deadline)
    return Contents(
        blobs=blobs[0],
        blob_bytes=blobs[1],
        compiled=_folders(site.root / "compiled"),
        compiled_bytes=compiled[1],
        whole=whole,
    )


def _add(folder: Path, sums: list[int], deadline: float) -> bool:
    """Adds a folder's files and their bytes; tells whether the time was enough."""
    for number, size in enumerate(_sizes(folder)):
        sums[0] += 1
        sums[1] += size
        if number % 100 == 0 and time.monotonic() > deadline:
            return False
    return True


def _sizes(folder: Path) -> Iterator[int]:
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _sizes(Path(entry.path))
                elif entry.is_file(follow_symlinks=False):
                    yield entry.stat(follow_symlinks=False).st_size
    except OSError:  # it vanishes under our eyes, or was never there
        return


def _folders(folder: Path) -> int:
    try:
        return sum(entry.is_dir(follow_symlinks=False) for entry in os.scandir(folder))
    except OSError:
        return 0
