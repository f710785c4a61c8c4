"""What of the kernel's control groups a cluster of this kind can use here."""

import contextlib
import os
from collections.abc import Iterable
from enum import Enum
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_NEEDED = ("memory", "freezer", "cpuset", "cpuacct")


class Cgroups(str, Enum):
    """How jobs are held together.

    ``V1``: each job in a cgroup of its own, so that Slurm says OUT_OF_MEMORY and finds every process of a job.
    ``NONE``: by process trees and by sampling memory. Also where there is only cgroup v2: Slurm then wants systemd to
    give it a scope, which neither a container nor an ordinary account has.
    """

    V1 = "v1"
    NONE = "none"


def usable() -> Cgroups:
    """Returns what can be used here by whoever asks."""
    writable = all(os.access(_ROOT / controller / "tasks", os.W_OK) for controller in _NEEDED)
    return Cgroups.V1 if writable else Cgroups.NONE


def remove(nodes: Iterable[str]) -> None:
    """Removes the empty cgroups that ended nodes left behind."""
    for node in nodes:
        for top in _ROOT.glob(f"*/slurm_{node}"):
            for folder, _, _ in os.walk(top, topdown=False):
                with contextlib.suppress(OSError):
                    Path(folder).rmdir()
