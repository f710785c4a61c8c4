"""What a site keeps that can be sent or made again, thing by thing."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from armarius.functions.cache.marks import MARK, dataset_of
from armarius.functions.cache.naming import Names
from armarius.functions.inbox import INBOX, KEEP_SECONDS
from armarius.functions.site import Site

BLOBS = "blobs"
COMPILED = "compiled"

ABANDONED = 86_400.0
"""Seconds after which what was being written belongs to nobody."""


class Kind(str, Enum):
    """What it is."""

    BLOB = "blob"
    COMPILED = "compiled"
    UNFINISHED = "unfinished"
    """Being written."""
    ARRIVED = "arrived"
    """In the inbox: a transfer may be under way."""


_PATIENCE = {Kind.UNFINISHED: ABANDONED, Kind.ARRIVED: float(KEEP_SECONDS)}


@dataclass(frozen=True)
class Thing:
    """One thing that goes or stays as a whole.

    Attributes:
        kind: What it is.
        path: Where.
        size: Bytes.
        used: When it was last used, in seconds since 1970.
        digest: By which runs name it: its own, or that of the dataset that was compiled; None where it has none.
    """

    kind: Kind
    path: Path
    size: int
    used: float
    digest: str | None = None

    def is_needed(self, names: Names, now: float) -> bool:
        """Tells whether it must stay.

        Args:
            names: What the runs need that have not ended. Where that is not known of one, everything stays.
            now: Seconds since 1970.
        """
        if self.kind in _PATIENCE:
            return now - self.used < _PATIENCE[self.kind]
        if names.unknown:
            return True
        return self.digest in names.blobs if self.digest is not None else bool(names.blobs)


def things_of(site: Site) -> Iterator[Thing]:
    """Yields all that a site keeps. What vanishes meanwhile is passed over, and no link is followed."""
    for folder in _entries(site.root / BLOBS):
        yield from filter(None, map(_blob, _entries(Path(folder))))
    for entry in _entries(site.root / COMPILED):
        yield compiled_thing(Path(entry))
    for entry in _entries(site.root / INBOX):
        size, used = _extent(entry)
        yield Thing(Kind.ARRIVED, Path(entry), size, used)


def _blob(entry: "os.DirEntry[str]") -> Thing | None:
    try:
        status = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None
    kind = Kind.UNFINISHED if entry.name.startswith(".") else Kind.BLOB
    return Thing(kind, Path(entry), status.st_size, status.st_mtime, entry.name)


def compiled_thing(path: Path) -> Thing:
    """Returns a compiled dataset, or one that is being made, as it is now."""
    size, used = _extent(path)
    if path.name.startswith("."):
        return Thing(Kind.UNFINISHED, path, size, used)
    with suppress(OSError):
        used = (path / MARK).stat().st_mtime
    return Thing(Kind.COMPILED, path, size, used, dataset_of(path))


def _entries(folder: Path) -> "Iterator[os.DirEntry[str]]":
    try:
        with os.scandir(folder) as entries:
            yield from (entry for entry in entries if not entry.is_symlink())
    except (FileNotFoundError, NotADirectoryError):
        return


def _extent(path: "Path | os.DirEntry[str]") -> tuple[int, float]:
    """Returns the bytes of all files within, and when one of them was last changed by the file system's own clock."""
    size, used = 0, 0.0
    for each in (Path(path), *(Path(folder, name) for folder, _, files in os.walk(path) for name in files)):
        try:
            status = each.lstat()
        except FileNotFoundError:
            continue
        size += 0 if each == Path(path) and each.is_dir() else status.st_size
        used = max(used, status.st_mtime)
    return size, used
