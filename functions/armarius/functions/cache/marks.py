"""The mark that a compiled dataset bears: of which dataset it is, and, by its age, when it was last used."""

import os
from contextlib import suppress
from pathlib import Path

from armarius.functions.files import write_bytes

MARK = "used"


def mark(place: Path, dataset: str) -> None:
    """Notes that a compiled dataset is used now.

    Args:
        place: Its directory.
        dataset: The digest of its manifest.
    """
    with suppress(OSError):  # read-only, or full: what is used most recently is a matter of order alone
        if dataset_of(place) == dataset:
            os.utime(place / MARK)
        else:
            write_bytes(place / MARK, dataset.encode())


def dataset_of(place: Path) -> str | None:
    """Returns of which dataset it is; None for one that an older release compiled and nobody has used since."""
    try:
        return (place / MARK).read_text(encoding="ascii")
    except (OSError, ValueError):
        return None
