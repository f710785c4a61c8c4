"""What Slurm says of jobs."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

FORMAT = "%i|%j|%T|%P|%N|%r|%l"
"""Of squeue, as `parse_queue` reads it."""
_FIELD = re.compile(r"(?:^|\s)([A-Za-z][A-Za-z0-9/:_]*)=")
ACTIVE = ("PENDING", "RUNNING", "CONFIGURING", "COMPLETING", "SUSPENDED", "STAGE_OUT", "SIGNALING")


@dataclass(frozen=True)
class SlurmJob:
    """A job in the queue, or one that was there lately.

    Attributes:
        id: Its number.
        name: As it was submitted.
        state: Such as "PENDING".
        partition: Where.
        node: On which it runs, or nothing.
        reason: Why it waits, or ended.
        limit: Its walltime, as Slurm writes it.
    """

    id: int
    name: str
    state: str
    partition: str
    node: str
    reason: str
    limit: str

    @property
    def active(self) -> bool:
        """Whether it waits, runs or is just ending."""
        return self.state in ACTIVE


def parse_queue(lines: Iterable[str]) -> Iterator[SlurmJob]:
    """Reads squeue's lines."""
    for line in lines:
        number, name, state, partition, node, reason, limit = line.split("|")
        yield SlurmJob(int(number), name, state, partition, node, reason, limit)


def parse_details(text: str) -> dict[str, str]:
    """Reads one line of ``scontrol show job --oneliner``: every field by its name, as Slurm writes it."""
    marks = list(_FIELD.finditer(text))
    ends = [*(mark.start() for mark in marks[1:]), len(text)]
    return {mark[1]: text[mark.end() : end].strip() for mark, end in zip(marks, ends, strict=True)}
