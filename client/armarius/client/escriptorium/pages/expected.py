"""When a training should end."""

from dataclasses import dataclass

from armarius.client.escriptorium.pages.standing import begun
from armarius.client.journal import JobRow
from armarius.functions.contracts import Progress


@dataclass(frozen=True)
class Expected:
    """The time in which a training should end, in seconds since 1970."""

    earliest: float
    latest: float

    @property
    def sharp(self) -> bool:
        """Whether both are the same minute."""
        return self.latest - self.earliest < 60


def expected_end(job: JobRow | None, line: Progress | None) -> Expected | None:
    """Returns when a job should end; None before it was measured, and while it waits.

    Args:
        job: The job.
        line: The newest of its run that foretells an end.
    """
    if line is None or line.seconds_left is None or not begun(job):
        return None
    least = line.seconds_left if line.seconds_left_least is None else line.seconds_left_least
    return Expected(line.at + least, line.at + line.seconds_left)
