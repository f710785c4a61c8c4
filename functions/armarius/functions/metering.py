"""How much memory a process and its children use, without the help of any scheduler."""

import psutil

from armarius.functions.cgroups import job_group, own_groups


def tree_memory(pid: int) -> int:
    """Returns the bytes of main memory that a process and all its descendants take.

    Shared pages are counted once (proportional set size) where the kernel tells it, else as resident. A process that
    ends meanwhile counts nothing.
    """
    try:
        root = psutil.Process(pid)
        members = [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return 0
    return sum(_memory(member) for member in members)


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
