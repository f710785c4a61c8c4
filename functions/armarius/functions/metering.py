"""How much memory a process and its children use, without the help of any scheduler."""

from pathlib import Path

import psutil

_CGROUPS = Path("/sys/fs/cgroup")


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
    """Returns how often the kernel killed for want of memory in this process's own control group (0 if unknown)."""
    return sum(_counter(path, "oom_kill") for path in _event_files())


def _event_files() -> list[Path]:
    """Finds the file of this process's group, in cgroup v2 or v1."""
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    files = []
    for line in lines:
        _, controllers, group = line.split(":", 2)
        if not controllers:
            files.append(_CGROUPS / group.lstrip("/") / "memory.events")
        elif "memory" in controllers.split(","):
            files.append(_CGROUPS / "memory" / group.lstrip("/") / "memory.oom_control")
    return files


def _counter(path: Path, name: str) -> int:
    try:
        rows = dict(line.split() for line in path.read_text().splitlines())
        return int(rows.get(name, 0))
    except (OSError, ValueError):
        return 0
