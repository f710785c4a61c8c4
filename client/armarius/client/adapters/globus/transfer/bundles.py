"""Many files in few archives: Transfer moves one large file far faster than a thousand small ones.

The site unpacks them with ``receive``; see :mod:`armarius.functions.inbox` for what an archive may hold.
"""

import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError
from hashlib import sha256
from pathlib import Path

from armarius.client.ports import Parcel
from armarius.functions.contracts import Bundle
from armarius.functions.errors import DamagedFile
from armarius.functions.files import CHUNK, replacing, sha256_of

MOST_BYTES = 1 << 28
"""Bytes of files in one archive; a single larger file has one of its own. The site unpacks one archive in one call,
which must not take long."""

_DEFLATED = {".json", ".xml", ".txt", ".csv"}
_BEGINNING = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip file can name


def pack_bundles(
    parcels: Sequence[Parcel],
    place: Callable[[str], Path],
    prefix: str,
    *,
    most: int = MOST_BYTES,
    stopped: Callable[[], bool] = lambda: False,
) -> tuple[Bundle, ...]:
    """Packs files into archives. The same files give the same bytes, wherever and whenever.

    Images and models are stored as they are, since they are compressed already; manifests and text are deflated.

    Args:
        parcels: What to pack.
        place: Tells where an archive of a name is written; one that is there is replaced.
        prefix: The archives are called PREFIX-1, PREFIX-2, …
        most: Bytes of files in one archive.
        stopped: Asked between two files whether to stop.

    Returns:
        The archives, written whole.

    Raises:
        DamagedFile: A file has another content than it had when it was read first.
        CancelledError: It was stopped.
        OSError: A file cannot be read, or an archive not be written.
    """
    made = []
    for number, group in enumerate(_groups(sorted(parcels, key=lambda parcel: parcel.there), most), 1):
        name = f"{prefix}-{number}"
        path = place(name)
        with replacing(path) as temporary:
            _write(temporary, group, stopped)
        made.append(Bundle(name=name, size=path.stat().st_size, sha256=sha256_of(path)))
    return tuple(made)


def packed_size(parcels: Iterable[Parcel]) -> int:
    """Returns the bytes that archives of these files take at most."""
    return sum(parcel.size + 512 for parcel in parcels)


def _groups(parcels: Sequence[Parcel], most: int) -> Iterator[list[Parcel]]:
    group: list[Parcel] = []
    size = 0
    for parcel in parcels:
        if group and size + parcel.size > most:
            yield group
            group, size = [], 0
        group.append(parcel)
        size += parcel.size
    if group:
        yield group


def _write(path: Path, parcels: Iterable[Parcel], stopped: Callable[[], bool]) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        for parcel in parcels:
            if stopped():
                raise CancelledError
            _add(archive, parcel)


def _add(archive: zipfile.ZipFile, parcel: Parcel) -> None:
    """Copies a file into an archive, and sees that it is what it was when the pages were packed."""
    digest = sha256()
    size = 0
    with parcel.here.open("rb") as source, archive.open(_member(parcel), "w") as writer:
        # No byte more than was foretold: a file that grows meanwhile would break the archive.
        while chunk := source.read(min(CHUNK, parcel.size - size + 1)):
            digest.update(chunk)
            size += len(chunk)
            if size > parcel.size:
                raise DamagedFile(parcel.here)
            writer.write(chunk)
    if digest.hexdigest() != parcel.sha256:
        raise DamagedFile(parcel.here)


def _member(parcel: Parcel) -> zipfile.ZipInfo:
    member = zipfile.ZipInfo(parcel.there, _BEGINNING)
    deflated = parcel.here.suffix.lower() in _DEFLATED
    member.compress_type = zipfile.ZIP_DEFLATED if deflated else zipfile.ZIP_STORED
    member.create_system = 3  # Unix, on every system
    member.external_attr = 0o100644 << 16
    member.file_size = parcel.size
    return member
