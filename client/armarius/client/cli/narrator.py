"""What there is to tell of a job, line by line: each event and each epoch once, now and then pages and bytes."""

from collections.abc import Iterator
from typing import Any

from armarius.client.cli.pagenews import PageNews
from armarius.client.foresight import end_of
from armarius.client.job import Job
from armarius.client.journal import JobRow, TransferRow
from armarius.client.wording import Wording, wording_of
from armarius.client.words import percent, size, time_of_day
from armarius.functions.contracts import Progress

TELL_SHARE, TELL_SECONDS = 0.1, 30.0
"""Bytes are told when so much more of a transfer has arrived, or so much time has passed."""


class Narrator:
    """Remembers what was told.

    Args:
        job: The job.
    """

    def __init__(self, job: Job) -> None:
        self._job = job
        self._events = 0
        self._line = 0
        self._trouble = ""
        self._bytes = _BytesTold()
        self._pages = PageNews()
        self.latest: Progress | None = None
        """The last line of progress."""

    def news(self, row: JobRow, trouble: str = "", transfer: TransferRow | None = None) -> Iterator[str]:
        """Yields what is new since the last call.

        Args:
            row: The job as it stands.
            trouble: Why a site could not be asked, if so; told when it changes.
            transfer: What the job waits for, if the bytes shall be told.
        """
        epochs = list(self._epochs(wording_of(row.request.parameters.kind)))
        events = row.events[self._events :]
        self._events = len(row.events)
        # The epochs of a state were done before the job left it.
        told = [(event.at, f"{event.state.value:<12} {event.message}") for event in events] + epochs
        for at, text in sorted(told, key=lambda each: each[0]):
            yield f"{time_of_day(at)}  {text}".rstrip()
        if transfer is not None:
            for text in self._bytes.news(transfer):
                yield f"{time_of_day(transfer.shown)}  {row.state.value:<12} {text}"
        if trouble and trouble != self._trouble:
            yield f"{trouble} It is tried again."
        self._trouble = trouble

    def _epochs(self, wording: Wording[Any]) -> Iterator[tuple[float, str]]:
        for number, line in self._job.progress(self._line):
            self._line = number
            self.latest = line
            if line.ends_epoch:
                yield line.at, _epoch(line, wording)
            for text in self._pages.news(line):
                yield line.at, text


class _BytesTold:
    """Remembers how far a transfer was when it was last told."""

    def __init__(self) -> None:
        self._name = ""
        self._share = 0.0
        self._at = 0.0
        self._message = ""

    def news(self, transfer: TransferRow) -> Iterator[str]:
        """Yields what holds it up when that changes, and the bytes when enough of them are new."""
        if transfer.name != self._name:
            self._name, self._share, self._at, self._message = transfer.name, 0.0, transfer.shown, ""
        if transfer.message != self._message:
            self._message = transfer.message
            if transfer.message:
                yield transfer.message
        share = transfer.moved / transfer.total if transfer.total else 0.0
        if share >= self._share + TELL_SHARE or (share > self._share and transfer.shown - self._at >= TELL_SECONDS):
            self._share, self._at = share, transfer.shown
            yield bytes_of(transfer)


def bytes_of(transfer: TransferRow) -> str:
    """Says how far a transfer is, such as "1.2 GB of 4.0 GB, 30.0 %"."""
    share = percent(transfer.moved / transfer.total) if transfer.total else "–"
    return f"{size(transfer.moved)} of {size(transfer.total)}, {share}"


def _epoch(line: Progress, wording: Wording[Any]) -> str:
    parts = [f"epoch {line.epoch:>3}", f"{wording.accuracy} {percent(line.accuracy):>7}"]
    if line.loss is not None:
        parts.append(f"loss {line.loss:.2f}")
    if speed := wording.speed(line):
        parts.append(speed)
    if foretold := end_of(line):
        parts.append(foretold)
    return "   ".join(parts)
