"""Who drives a job: a name for a lease, by which a process on the same machine can be seen to be gone."""

import os
from socket import gethostname

import psutil


def this_process() -> str:
    """Returns this process's name in leases: host, process id, and when it began."""
    begun = int(psutil.Process().create_time() * 100)
    return f"{gethostname()}|{os.getpid()}|{begun}"


def is_gone(owner: str) -> bool:
    """Tells whether an owner is surely dead. Of another machine's processes nothing is sure; their leases run out."""
    host, pid, begun = owner.rsplit("|", 2)
    if host != gethostname():
        return False
    try:
        return int(psutil.Process(int(pid)).create_time() * 100) != int(begun)
    except psutil.NoSuchProcess:
        return True
