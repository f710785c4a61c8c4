"""The log of a campaign: written at its end only, and each time on the disk before anything depends on it."""

import os
import zlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from armarius.client.campaigns.errors import CampaignDamaged
from armarius.client.campaigns.events import EVENTS, Event
from armarius.client.errors import shown
from armarius.functions.files import sync


class CampaignLog:
    """Writes the log; only the process that holds the campaign's lock does.

    Each line is what happened together, with a checksum: all of it counts, or nothing. A line that was cut off when a
    process was killed or a machine lost its power is the last one, and is cut away.

    Args:
        path: The log.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        is_new = not path.exists()
        self._file = path.open("ab", buffering=0)
        self.events: tuple[Event, ...] = ()
        """What has happened before."""
        try:
            lines, self._whole = _read(path)
            self.events = tuple(event for line in lines for event in line)
            self._file.truncate(self._whole)
            os.fsync(self._file.fileno())
            if is_new:
                sync(path.parent)
        except BaseException:
            self._file.close()
            raise

    def write(self, *events: Event) -> None:
        """Writes what has happened, all or nothing.

        Raises:
            OSError: The disk is full, or gone. Then it was not written, whatever of it is on the disk.
        """
        if not events:
            return
        line = memoryview(_line(events))
        self._file.truncate(self._whole)  # what an attempt left that failed
        written = 0
        while written < len(line):
            written += self._file.write(line[written:]) or 0
        os.fsync(self._file.fileno())
        self._whole += len(line)

    def close(self) -> None:
        """Closes the file."""
        self._file.close()


def read_log(path: Path) -> tuple[Event, ...]:
    """Reads what has happened, also while somebody writes; nothing where there is no log.

    Raises:
        CampaignDamaged: A line that is not the last one cannot be understood.
    """
    if not path.exists():
        return ()
    return tuple(event for line in _read(path)[0] for event in line)


def _line(events: tuple[Event, ...]) -> bytes:
    content = EVENTS.dump_json(events)
    return b"%08x %s\n" % (zlib.crc32(content), content)


def _read(path: Path) -> tuple[list[tuple[Event, ...]], int]:
    """Returns what the lines say, and how many bytes of them are whole."""
    lines: list[tuple[Event, ...]] = []
    whole = 0
    torn = False
    for line in _lines(path):
        said = _understood(path, line)
        if said is None:
            torn = True
        elif torn:
            raise CampaignDamaged(f"{shown(path)} is damaged after {whole} bytes.", "Bring it back from a backup.")
        else:
            lines.append(said)
            whole += len(line)
    return lines, whole


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as stream:
        yield from stream


def _understood(path: Path, line: bytes) -> tuple[Event, ...] | None:
    """Returns what a line says; None if it is not whole."""
    checksum, _, content = line.removesuffix(b"\n").partition(b" ")
    if not line.endswith(b"\n") or checksum != b"%08x" % zlib.crc32(content):
        return None
    try:
        return EVENTS.validate_json(content)
    except ValidationError as error:
        what = f"{shown(path)} tells of what this version does not know: {error.errors()[0]['msg']}."
        raise CampaignDamaged(what, "A later version may have written it: install a newer one.") from error
