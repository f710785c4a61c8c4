"""What is seen of a run while it lives: one line of JSON after another."""

import os
from contextlib import suppress

from armarius.functions.contracts import Progress
from armarius.functions.runplace import RunPlace

_LAST_LINES = 4096
"""Bytes of progress in which there is at least one whole line."""


class RunProgress(RunPlace):
    """The progress of a run, in ``progress.jsonl``."""

    def append_progress(self, progress: Progress) -> None:
        """Adds a line, whole. Only the engine does so, and it holds the lock.

        Raises:
            Superseded: The run was taken over.
        """
        self.require_claim()
        with self.progress_path.open("ab") as stream:
            stream.write(progress.model_dump_json(exclude_defaults=True).encode() + b"\n")

    def read_progress(self, position: int = 0, at_most: int = 500) -> tuple[tuple[Progress, ...], int]:
        """Reads whole lines from a byte position on; from the middle of a line, the rest of that line is passed over.

        Returns:
            The lines, and the position at which to go on.
        """
        lines: list[Progress] = []
        try:
            stream = self.progress_path.open("rb")
        except FileNotFoundError:
            return (), 0
        with stream:
            if position > os.fstat(stream.fileno()).st_size:
                return (), position
            if position:
                stream.seek(position - 1)
                position += len(stream.readline()) - 1  # only the end of the line before, where it is a true position
            for line in stream:
                if not line.endswith(b"\n") or len(lines) == at_most:
                    break
                position += len(line)
                lines.append(Progress.model_validate_json(line))
        return tuple(lines), position

    def last_memory(self) -> int | None:
        """Returns the peak bytes that the engine told of last; None where it told of none."""
        with suppress(FileNotFoundError):
            lines, _ = self.read_progress(max(0, self.progress_path.stat().st_size - _LAST_LINES))
            return max((line.memory or 0 for line in lines), default=0) or None
        return None

    def mend_progress(self) -> None:
        """Drops a last line that a killed engine left unfinished."""
        self.require_claim()
        if self.progress_path.exists():
            whole, dot, _ = self.progress_path.read_bytes().rpartition(b"\n")
            os.truncate(self.progress_path, len(whole) + len(dot))
