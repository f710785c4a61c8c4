"""The control groups of this process, version 1 or 2, as far as they count memory."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from armarius.functions.slurm import job_of

ROOT = Path("/sys/fs/cgroup")
MEMBERSHIP = Path("/proc/self/cgroup")
UNLIMITED = 1 << 60
"""What version 1 says where there is no limit is a number beyond this."""


@dataclass(frozen=True)
class Group:
    """A control group that counts memory.

    Attributes:
        path: Its directory.
        version: 1 or 2.
    """

    path: Path
    version: int

    @property
    def peak(self) -> int | None:
        """The most bytes that it ever took, files in memory included; None where the kernel does not tell."""
        return _number(self.path / ("memory.max_usage_in_bytes" if self.version == 1 else "memory.peak"))

    @property
    def limit(self) -> int | None:
        """The bytes that it may take; None without a limit."""
        found = _number(self.path / ("memory.limit_in_bytes" if self.version == 1 else "memory.max"))
        return found if found is not None and found < UNLIMITED else None

    @property
    def oom_kills(self) -> int:
        """How often the kernel killed in it for want of memory; 0 if unknown.

        Version 2 counts those in the groups within it, too; version 1 does not.
        """
        return _counter(self.path / ("memory.oom_control" if self.version == 1 else "memory.events"))

    @property
    def oom_kills_within(self) -> int:
        """The same, with those in the groups within it in version 1, too."""
        if self.version == 2:
            return self.oom_kills
        return sum(_counter(path) for path in self.path.glob("**/memory.oom_control"))


def own_groups() -> list[Group]:
    """Returns the groups in which this process is; version 1 first: where both are mounted, that one counts memory."""
    return sorted(_groups(), key=lambda group: group.version)


def job_group(environment: Mapping[str, str] = os.environ) -> Group | None:
    """Returns the group of the whole Slurm job in which this process runs.

    Only one that bears the job's own number will do: where Slurm keeps none, the group that is found belongs to a
    machine, a container or a login session, and its figures would mean nothing.
    """
    job = job_of(environment)
    if job is None:
        return None
    above = (Group(path, own.version) for own in own_groups() for path in (own.path, *own.path.parents))
    return next((group for group in above if group.path.name == f"job_{job}"), None)


def _groups() -> Iterator[Group]:
    try:
        lines = MEMBERSHIP.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, name = line.split(":", 2)
        if not controllers:
            yield Group(ROOT / name.lstrip("/"), 2)
        elif "memory" in controllers.split(","):
            yield Group(ROOT / "memory" / name.lstrip("/"), 1)


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # "max" is no number
        return None


def _counter(path: Path) -> int:
    try:
        rows = dict(line.split() for line in path.read_text().splitlines())
        return int(rows.get("oom_kill", 0))
    except (OSError, ValueError):
        return 0
