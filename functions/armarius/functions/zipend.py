"""How many members a zip file has, known before Python makes an object of each of them.

The end of a zip file says where its directory is, but how many members it says there are binds nobody; so they are
counted. What no client of ours writes (a comment, a second part, bytes before the end of the directory) is refused,
for whoever reads such a file has a choice of how to understand it.

Formats: APPNOTE.TXT 6.3.10 of PKWARE, 4.3.12 to 4.3.16.
"""

import os
import struct
import zipfile
from typing import IO

_END = struct.Struct("<4s4H2LH")
_LOCATOR = struct.Struct("<4sLQL")
_END64 = struct.Struct("<4sQ2H2L4Q")
_HEADER = 46
_LENGTHS = struct.Struct("<3H")
_LENGTHS_AT = 28
_MOST_BYTES_PER_MEMBER = 256
"""A member of ours takes at most 147: its header, 73 characters of name, and 28 bytes where it is huge."""


def count_members(archive: IO[bytes], most: int) -> int:
    """Counts the members of a zip file without unpacking anything.

    Args:
        archive: The file; it is left at any place.
        most: Counting ends when there are more.

    Returns:
        Their number, or ``most + 1``.

    Raises:
        zipfile.BadZipFile: It is no zip file that a client of ours writes.
    """
    end, size = _directory(archive)
    if size > end:
        raise zipfile.BadZipFile("its directory is longer than the file")
    if size > most * _MOST_BYTES_PER_MEMBER:
        return most + 1
    return _count(_read(archive, end - size, size), most)


def _directory(archive: IO[bytes]) -> tuple[int, int]:
    """Returns where the directory ends, and its bytes."""
    at = archive.seek(0, os.SEEK_END) - _END.size
    if at < 0:
        raise zipfile.BadZipFile("it is too short")
    signature, *_, size, _offset, comment = _END.unpack(_read(archive, at, _END.size))
    if signature != b"PK\5\6" or comment:
        raise zipfile.BadZipFile("it does not end like one")
    located = at - _LOCATOR.size
    if located >= 0:
        signature, _disk, end64, _disks = _LOCATOR.unpack(_read(archive, located, _LOCATOR.size))
        if signature == b"PK\6\7":
            return _directory64(archive, located - _END64.size, end64)
    return at, size


def _directory64(archive: IO[bytes], at: int, said: int) -> tuple[int, int]:
    """Reads the end of a large archive, which must be where the locator says and just before it."""
    if at < 0 or at != said:
        raise zipfile.BadZipFile("its end is not where it says")
    signature, *_, size, _offset = _END64.unpack(_read(archive, at, _END64.size))
    if signature != b"PK\6\6":
        raise zipfile.BadZipFile("it does not end like a large one")
    return at, int(size)


def _count(directory: bytes, most: int) -> int:
    at = members = 0
    while at + _HEADER <= len(directory) and members <= most:
        at += _HEADER + sum(_LENGTHS.unpack_from(directory, at + _LENGTHS_AT))
        members += 1
    return members


def _read(archive: IO[bytes], at: int, size: int) -> bytes:
    archive.seek(at)
    return archive.read(size)
