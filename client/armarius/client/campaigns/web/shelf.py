"""What was fetched, kept by its content, with the address that it came from."""

import hashlib
import os
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from armarius.client.campaigns.errors import FetchFailed
from armarius.client.campaigns.web.retrying import utc_now
from armarius.client.campaigns.web.visitor import Arrived, Left, Marks, Visitor
from armarius.functions.contracts import Contract, Sha256
from armarius.functions.files import sync, write_bytes

Check = Callable[[Path], str]
"""Returns what kind of file it is, or raises if it must not be kept."""

Purpose = Literal["image", "manifest"]
"""What something is fetched for. What is known of it for one counts for nothing for the other."""

FORGOTTEN = 24 * 3600.0
"""Seconds after which nobody is still writing a file that is not finished."""


class _Record(Contract):
    """What is known of an address."""

    address: str
    purpose: Purpose
    sha256: Sha256
    size: int
    kind: str
    etag: str = ""
    modified: str = ""
    at: float

    @property
    def marks(self) -> Marks:
        return Marks(self.etag, self.modified)


@dataclass(frozen=True)
class Kept:
    """A file of the shelf.

    Attributes:
        path: Where it is. It may go when the shelf is full: whoever needs it for long links it.
        sha256: Its digest.
        size: Its bytes.
        kind: What its check said.
    """

    path: Path
    sha256: str
    size: int
    kind: str


class Shelf:
    """A folder of contents, for all campaigns of a person. What was used longest ago goes first when it is full.

    A file gets its name when it is whole, on the disk and checked; so whatever has a name is good. The same content is
    kept once, from whichever addresses it came.

    Args:
        folder: Created when it is needed.
        visitor: Fetches what is not there.
        most: Bytes that are kept.
    """

    def __init__(self, folder: Path, visitor: Visitor, most: int) -> None:
        self._contents, self._addresses, self._unfinished = folder / "content", folder / "addresses", folder / "new"
        self._visitor = visitor
        self._most = most
        self._held: int | None = None
        self._lock = threading.Lock()
        self._sweep()

    def get(self, address: str, purpose: Purpose, most: int, check: Check) -> Kept:
        """Returns what is at an address: from here if it is fresh or unchanged there, else from there.

        What cannot be fetched now is taken from here, however old it is.

        Args:
            address: Where it is.
            purpose: What it is fetched for.
            most: Bytes that it may have.
            check: What it must pass before it is kept; the same one for each purpose.

        Raises:
            FetchFailed: It is neither here nor there.
        """
        record = self._record(address, purpose, most)
        if record is not None and 0 <= utc_now() - record.at < self._visitor.manners.fresh:
            return self._taken(record)
        try:
            with self._new() as file:
                arrived = self._visitor.fetch(address, file, most, record.marks if record else None)
                if arrived is None and record is not None:
                    self._note(same := record.model_copy(update={"at": utc_now()}))
                    return self._taken(same)
                if arrived is None:
                    raise FetchFailed(address, "is said to be unchanged, but we never had it.")
                return self._placed(file, _record_of(address, purpose, arrived, check(file)))
        except FetchFailed as error:
            if record is None or not error.transient or isinstance(error, Left):
                raise
            return self._taken(record)

    def leave(self) -> None:
        """Lets nobody who fetches wait or read any longer."""
        self._visitor.leave()

    @contextmanager
    def _new(self) -> Iterator[Path]:
        self._unfinished.mkdir(parents=True, exist_ok=True)
        file = self._unfinished / secrets.token_hex(8)
        try:
            yield file
        finally:
            file.unlink(missing_ok=True)

    def _sweep(self) -> None:
        """Deletes what processes were just fetching that were killed."""
        for file in self._unfinished.glob("*"):
            with suppress(FileNotFoundError):
                if utc_now() - file.stat().st_mtime > FORGOTTEN:
                    file.unlink()

    def _record(self, address: str, purpose: Purpose, most: int) -> _Record | None:
        """Reads what is known of an address, if its content is still there, and not more than is wanted now."""
        try:
            record = _Record.model_validate_json(self._address_path(address, purpose).read_bytes())
        except (OSError, ValidationError):
            return None
        path = self._path(record.sha256)
        is_there = path.is_file() and path.stat().st_size == record.size <= most
        return record if is_there and record.purpose == purpose else None

    def _note(self, record: _Record) -> None:
        write_bytes(self._address_path(record.address, record.purpose), record.canonical_json())

    def _placed(self, file: Path, record: _Record) -> Kept:
        """Gives a file its name, and then tells of it."""
        path = self._path(record.sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        file.chmod(0o444)  # campaigns link it: who edits theirs shall not edit everybody's
        sync(file)
        with self._lock:
            self._make_room(record.size)
            is_new = not path.exists()
            file.replace(path)
            self._held = (self._held or 0) + record.size * is_new
        sync(path.parent)
        self._note(record)
        return Kept(path, record.sha256, record.size, record.kind)

    def _taken(self, record: _Record) -> Kept:
        path = self._path(record.sha256)
        with suppress(FileNotFoundError):
            os.utime(path)  # used just now
        return Kept(path, record.sha256, record.size, record.kind)

    def _make_room(self, size: int) -> None:
        if self._held is not None and self._held + size <= self._most:
            return
        files = sorted(_files(self._contents))
        held = sum(bytes_ for _, _, bytes_ in files)
        for _, path, bytes_ in files:
            if held + size <= self._most:
                break
            path.unlink(missing_ok=True)
            held -= bytes_
        self._held = held

    def _path(self, sha256: str) -> Path:
        return self._contents / sha256[:2] / sha256

    def _address_path(self, address: str, purpose: Purpose) -> Path:
        return self._addresses / f"{hashlib.sha256(f'{purpose} {address}'.encode()).hexdigest()}.json"


def _record_of(address: str, purpose: Purpose, arrived: Arrived, kind: str) -> _Record:
    marks = arrived.marks
    return _Record(
        address=address, purpose=purpose, sha256=arrived.sha256, size=arrived.size, kind=kind, etag=marks.etag,
        modified=marks.modified, at=utc_now(),
    )  # fmt: skip


def _files(folder: Path) -> Iterator[tuple[float, Path, int]]:
    """Yields when each file was used last, where it is, and its bytes."""
    for path in folder.glob("*/*"):
        with suppress(FileNotFoundError):
            found = path.stat()
            yield found.st_mtime, path, found.st_size
