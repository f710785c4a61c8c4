"""What there is to tell of a job, line by line: each event and each epoch once."""

from collections.abc import Iterator

from armarius.client.journal import JobRow
from armarius.client.pool import Job
from armarius.client.words import duration, percent, time_of_day
from armarius.functions.contracts import Progress


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
        self.latest: Progress | None = None
        """The last line of progress."""

    def news(self, row: JobRow, trouble: str = "") -> Iterator[str]:
        """Yields what is new since the last call.

        Args:
            row: The job as it stands.
            trouble: Why a site could not be asked, if so; told when it changes.
        """
        epochs = list(self._epochs())
        events = row.events[self._events :]
        self._events = len(row.events)
        # The epochs of a state were done before the job left it.
        told = [(event.at, f"{event.state.value:<12} {event.message}") for event in events] + epochs
        for at, text in sorted(told, key=lambda each: each[0]):
            yield f"{time_of_day(at)}  {text}".rstrip()
        if trouble and trouble != self._trouble:
            yield f"{trouble} It is tried again."
        self._trouble = trouble

    def _epochs(self) -> Iterator[tuple[float, str]]:
        for number, line in self._job.progress(self._line):
            self._line = number
            self.latest = line
            if line.ends_epoch:
                yield line.at, _epoch(line)


def _epoch(line: Progress) -> str:
    parts = [f"epoch {line.epoch:>3}", f"accuracy {percent(line.accuracy):>7}"]
    if line.loss is not None:
        parts.append(f"loss {line.loss:.2f}")
    if line.lines_per_second:
        parts.append(f"{line.lines_per_second:.1f} lines/s")
    if line.seconds_left is not None:
        parts.append(f"at most {duration(line.seconds_left)} left")
    return "   ".join(parts)
