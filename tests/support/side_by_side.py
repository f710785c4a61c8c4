"""Tests that run beside each other, one process for each core, each process in a network of its own.

The Compute SDK knows its local cloud by one port alone, so two clouds need two networks. Linux gives them to root; for
anybody else the tests run one after the other.
"""

import ctypes
import fcntl
import functools
import os
import shutil
import socket
import struct
import subprocess
from pathlib import PurePosixPath
from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling

_CLONE_NEWNET = 0x40000000  # <linux/sched.h>
_SIOCSIFFLAGS, _SIOCSIFADDR, _SIOCSIFNETMASK, _IFF_UP = 0x8914, 0x8916, 0x891C, 0x1  # <linux/sockios.h>, <linux/if.h>
_DOCUMENTATION = "192.0.2.1"  # RFC 5737: nobody's
_MOST = 4
_APART = ("docs", "faults", "integration", "integration/bad_input", "integration/escriptorium")
"""Folders whose modules have nothing in common. In folders below and beside these, tests share what was started."""


@functools.cache
def _can_part() -> bool:
    """Tells whether this process is root's, and may make networks."""
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--net", "true"], capture_output=True).returncode == 0


def processes() -> int:
    """Returns how many processes may test at once; 0 where they would get in each other's way."""
    cores = min(_MOST, len(os.sched_getaffinity(0))) if _can_part() else 1
    return cores if cores > 1 else 0


def part() -> None:
    """Moves this process, and all that it will start, into a network that has nothing but a loopback interface.

    That has one address besides its own, of those for documentation: Slurm resolves no name where there is no other.

    Raises:
        OSError: It may not.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(_CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh", b"lo", _IFF_UP))
        for setting, address in ((_SIOCSIFADDR, _DOCUMENTATION), (_SIOCSIFNETMASK, "255.255.255.255")):
            packed = socket.inet_aton(address)
            fcntl.ioctl(any_socket, setting, struct.pack("16sHH4s8x", b"lo:1", socket.AF_INET, 0, packed))


class Groups(LoadScopeScheduling):
    """Hands out what belongs together as one, in the order of the folders: what takes long comes first.

    (xdist's own groups, by marks, are lost with pytest 9.2: it forgets the names that they are known by.)
    """

    def __init__(self, config: pytest.Config, log: Any) -> None:
        config.option.loadscopereorder = False
        super().__init__(config, log)

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid.partition("::")[0])


def group_of(file: str) -> str:
    """Names what a test shares a process with: its module, or its whole folder where that starts something.

    Args:
        file: Of the test, relative to the project's folder.
    """
    place = PurePosixPath(file).relative_to("tests")
    apart = place.parts[0] == "unit" or str(place.parent) in _APART
    return str(place if apart else place.parent)
