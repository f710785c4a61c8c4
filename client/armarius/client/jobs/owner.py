"""Who drives a job: a name for a lease, by which a process on the same machine can be seen to be gone."""

import os
from hashlib import sha256
from pathlib import Path
from socket import gethostname

import psutil


def this_process() -> str:
    """Returns this process's name in leases: its machine, its process id, and when it began."""
    return f"{_machine()}|{os.getpid()}|{_begun(os.getpid())}"


def is_gone(owner: str) -> bool:
    """Tells whether an owner is surely dead. Of another machine's processes nothing is sure; their leases run out."""
    machine, pid, begun = owner.rsplit("|", 2)
    return machine == _machine() and _begun(int(pid)) != begun


def _machine() -> str:
    """Names the host as it was booted, and the space in which its process ids are unique (a container's, say)."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - the link has no target that is a path
    except OSError:  # not Linux
        boot = space = ""
    return f"{gethostname()[:60]}.{sha256(f'{boot} {space}'.encode()).hexdigest()[:12]}"


def _begun(pid: int) -> str:
    """Returns when a process began, in ticks since the boot, which no clock adjustment changes; empty if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except FileNotFoundError:
        return "" if Path("/proc/self").exists() or not psutil.pid_exists(pid) else "running"
