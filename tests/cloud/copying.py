"""What a transfer copies: the list of files, the rules that leave some out, and checksums."""

import fnmatch
import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_BLOCK = 1 << 20


@dataclass(frozen=True)
class File:
    """One file to copy.

    Attributes:
        source: Where it is on this machine.
        destination: Where it goes.
        source_path: The same, as its collection names it ...
        destination_path: ... and as the other names it.
        algorithm: Of its checksum.
        checksum: What the user says it is, if they do.
    """

    source: Path
    destination: Path
    source_path: str
    destination_path: str
    algorithm: str
    checksum: str | None


def digest(path: Path, algorithm: str) -> str:
    """Returns the checksum of a file, in hexadecimal. ``SHA-256`` and ``sha256`` are the same algorithm."""
    state = hashlib.new(algorithm.replace("-", "").lower())
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def kept(name: str, kind: str, rules: list[dict[str, Any]] | None) -> bool:
    """Tells whether filter rules let a file (``file``) or folder (``dir``) pass. The first that matches decides."""
    for rule in rules or []:
        if rule.get("type") in (None, kind) and fnmatch.fnmatchcase(name, rule["name"]):
            return bool(rule["method"] == "include")
    return True


def walk(source: Path, rules: list[dict[str, Any]] | None) -> Iterator[tuple[Path, bool]]:
    """Yields what is inside a folder, relative to it, and whether it is a folder; but not what the rules leave out."""
    for base, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if kept(name, "dir", rules))
        for name in folders:
            yield (Path(base) / name).relative_to(source), True
        for name in sorted(files):
            if kept(name, "file", rules):
                yield (Path(base) / name).relative_to(source), False


def is_up_to_date(file: File, level: int | None) -> bool:
    """Tells whether a destination need not be written again.

    Args:
        file: Source and destination.
        level: Transfer's ``sync_level``: None, never; 0, if there is a file; 1, if its size is the same; 2, if it is
            also not older; 3, if its checksum is the same.
    """
    if level is None or not file.destination.exists():
        return False
    if level == 0:
        return True
    source, destination = file.source.stat(), file.destination.stat()
    if source.st_size != destination.st_size:
        return False
    if level == 2:
        return source.st_mtime <= destination.st_mtime
    return level == 1 or digest(file.source, file.algorithm) == digest(file.destination, file.algorithm)
