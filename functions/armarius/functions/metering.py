"""How much memory processes use, without the help of any scheduler."""

import time
from collections.abc import Callable, Sequence

import psutil

from armarius.functions.cgroups import job_group, own_groups

GROWN = 1.02
"""Growth of the resident memory that is looked into at once."""

SELDOM = 10.0
"""Seconds after which it is looked into anyway."""


class MemoryGauge:
    """Reads how many bytes of main memory some processes take together.

    Shared pages are counted once (proportional set size) where the kernel tells it. For that it walks through all
    pages: of 3 GB it takes 30 ms of a core, which an engine that uses all cores would wait for every second. So it is
    asked when the resident memory has grown, and now and then.

    Args:
        members: Finds the processes.
        now: The time in seconds.
    """

    def __init__(
        self, members: Callable[[], Sequence[psutil.Process]], now: Callable[[], float] = time.monotonic
    ) -> None:
        self._members = members
        self._now = now
        self._resident = 0
        self._asked = 0.0
        self._bytes = 0

    def read(self) -> int:
        """Returns the bytes, at most :data:`SELDOM` old; what ends meanwhile counts nothing."""
        members = self._members()
        resident = sum(map(_resident, members))
        if resident > GROWN * self._resident or self._now() - self._asked >= SELDOM:
            self._resident, self._asked = resident, self._now()
            self._bytes = sum(map(_memory, members))
        return self._bytes


def tree(pid: int) -> list[psutil.Process]:
    """Returns a process and all its descendants; nothing if it is gone."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def _memory(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
        return int(getattr(full, "pss", 0) or full.rss)
    except psutil.AccessDenied:
        return _resident(process)
    except psutil.NoSuchProcess:
        return 0


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:
        return 0


def oom_kills() -> int:
    """Returns how often the kernel killed for want of memory in this Slurm job, else in this process's own groups.

    0 if unknown.
    """
    job = job_group()
    return job.oom_kills_within if job else sum(group.oom_kills for group in own_groups())


def job_memory() -> int | None:
    """Returns the peak bytes of this Slurm job as the kernel counts them; None where it keeps no count of the job.

    Files that it keeps in memory count, too, so on a machine with room the figure may be more than was needed. It
    misses nothing: of what was killed for want of memory, it shows the limit itself, where every sample came too early.
    """
    job = job_group()
    return job.peak if job else None
