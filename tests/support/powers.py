"""What root can give up, and what it can lend, by user namespaces: for endpoints started by root, as in CI.

In both, root's files stay readable under another name, so that an environment in root's home can be used.
"""

import functools
import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = "nobody"
"""The account, there on every system, under which things run."""


def _ids() -> tuple[int, int]:
    entry = pwd.getpwnam(NOBODY)
    return entry.pw_uid, entry.pw_gid


def shed_root() -> list[str]:
    """Returns a prefix for a command: it runs as `NOBODY` and has no powers, but what it writes belongs to root."""
    user, group = _ids()
    return ["unshare", "--user", f"--map-user={user}", f"--map-group={group}", "--"]


@functools.cache
def can_shed_root() -> bool:
    """Tells whether this process is root's, and may make user namespaces."""
    if os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "nsenter"))):
        return False
    return subprocess.run([*shed_root(), "true"], capture_output=True).returncode == 0


@contextmanager
def swapped() -> Iterator[list[str]]:
    """A prefix for a command: there, root is a root that may become `NOBODY`, and `NOBODY` can read root's files.

    The prefix can be used within the block; what it has started by then goes on afterwards.
    """
    user, group = _ids()
    holder = subprocess.Popen(
        ["unshare", "--user", "sh", "-c", "echo; read x"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()  # now the namespace is there
        for name, number in (("uid_map", user), ("gid_map", group)):
            Path(f"/proc/{holder.pid}/{name}").write_text(f"0 {number} 1\n{number} 0 1\n")
        yield ["nsenter", f"--user=/proc/{holder.pid}/ns/user", "--setuid", "0", "--setgid", "0", "--"]
    finally:
        holder.communicate()
