"""What a run will need, on record before it is handed over: while it waits in a queue, nothing else says so."""

import os
import time
from collections.abc import Collection
from contextlib import suppress

from armarius.functions.contracts import Contract, Sha256
from armarius.functions.files import write_bytes
from armarius.functions.runplace import RunPlace

HELD_SECONDS = 14 * 86_400.0
"""A run that has not ended, and about which nobody has asked for so long, needs nothing any more."""

_RENEWED_AFTER = 3600.0


class Needs(Contract):
    """The digests of a run's files."""

    blobs: tuple[Sha256, ...]


class RunNeeds(RunPlace):
    """The needs of a run, in ``needs.json``."""

    def hold(self, blobs: Collection[str]) -> None:
        """Notes the files that the run will need; they stay until it has ended.

        Side effects: Makes the run's directory, as ``cancel`` does.
        """
        if not self.report_path.exists():
            write_bytes(self.needs_path, Needs(blobs=tuple(sorted(blobs))).canonical_json())

    def needs(self) -> frozenset[str]:
        """Returns what was noted; nothing where nothing was."""
        try:
            return frozenset(Needs.model_validate_json(self.needs_path.read_bytes()).blobs)
        except FileNotFoundError:
            return frozenset()

    def renew(self) -> None:
        """Notes that somebody still waits for the run."""
        with suppress(OSError):  # nothing was noted, or it is released at this moment
            if time.time() - self.needs_path.stat().st_mtime > _RENEWED_AFTER:
                os.utime(self.needs_path)

    def last_wanted(self) -> float:
        """Returns when the run last showed that it is wanted, in seconds since 1970; 0 where it never did."""
        last = 0.0
        for path in (self.needs_path, self.spec_path, self.heartbeat_path):
            with suppress(FileNotFoundError):
                last = max(last, path.stat().st_mtime)
        return last
