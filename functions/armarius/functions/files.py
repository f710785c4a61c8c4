"""Writing so that nothing is ever half-written, and knowing a file by its content."""

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from armarius.functions.errors import DamagedFile, NotRegular

CHUNK = 1 << 20


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Gives a temporary path; when the block ends well, what was written there becomes ``path`` in one step.

    The file is on the disk (fsync) before it gets its name. When the block raises, nothing remains.

    Args:
        path: The final name. Its directory is created.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        yield temporary
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Asks the kernel to bring a file or a directory to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes a whole file in one step."""
    with replacing(path) as temporary:
        temporary.write_bytes(content)


def sha256_of(path: Path) -> str:
    """Returns the SHA-256 of a file in hexadecimal, reading it once."""
    with path.open("rb") as source:
        return sha256_of_stream(source)


def is_content(path: Path, sha256: str, size: int) -> bool:
    """Tells whether a file is there and is what it should be; the size tells most, the digest is the proof."""
    return path.is_file() and path.stat().st_size == size and sha256_of(path) == sha256


def sha256_of_stream(source: IO[bytes]) -> str:
    """Returns the SHA-256 of what is left of a stream in hexadecimal."""
    digest = hashlib.sha256()
    while chunk := source.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()


def open_own(path: Path, flags: int = os.O_RDONLY) -> int:
    """Opens a regular file at a place where others may write, for it could be a link to any file of the account.

    Args:
        path: Where.
        flags: Those of ``os.open``.

    Returns:
        The file's descriptor.

    Raises:
        NotRegular: A link, a pipe or a directory is there.
    """
    try:
        descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.EISDIR, errno.ENXIO):
            raise NotRegular(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotRegular(path)
    return descriptor


def copy_verified(source: Path, target: Path, sha256: str) -> int:
    """Copies a file in one step, if its content is what it should be.

    Args:
        source: Where it is.
        target: Where it shall be; left as it is when the content differs.
        sha256: The digest it must have.

    Returns:
        The bytes copied.

    Raises:
        DamagedFile: The content is another.
    """
    digest = hashlib.sha256()
    size = 0
    with replacing(target) as temporary:
        with source.open("rb") as reader, temporary.open("wb") as writer:
            while chunk := reader.read(CHUNK):
                digest.update(chunk)
                writer.write(chunk)
                size += len(chunk)
        if digest.hexdigest() != sha256:
            raise DamagedFile(source)
    return size
