"""Which user endpoints of Globus Compute this account has on this machine.

Globus Compute 4.19 keeps of a user endpoint: a directory ``uep.<endpoint>.<id>``, in it ``daemon.pid`` while it lives,
touched every 15 seconds. Its configuration reaches it through a pipe and is written nowhere, so the template that
``armarius endpoint`` renders lets it leave its role, shape, walltime and project in ``armarius.json`` beside that.
"""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from armarius.functions.contracts import UserEndpoint

HOME_VARIABLE = "GLOBUS_COMPUTE_USER_DIR"
OWN_VARIABLE = "GLOBUS_COMPUTE_ENDPOINT_DIR"
ABOUT = "armarius.json"
PIDFILE = "daemon.pid"


def user_endpoints() -> tuple[UserEndpoint, ...]:
    """Lists them, without those that ended in good order. Never raises; a few small files are read.

    Called inside a user endpoint, it lists those of the same parent.
    """
    try:
        return tuple(_found(_home(), _parent()))
    except OSError:
        return ()


def _home() -> Path:
    given = os.environ.get(HOME_VARIABLE)
    return Path(given) if given else Path.home() / ".globus_compute"


def _parent() -> str:
    """Returns the id of the endpoint that started this process, or nothing outside of a user endpoint."""
    parts = Path(os.environ.get(OWN_VARIABLE, "")).name.split(".")
    return parts[1] if len(parts) == 3 and parts[0] == "uep" else ""


def _found(home: Path, parent: str) -> Iterator[UserEndpoint]:
    for folder in sorted(home.glob(f"uep.{parent}.*" if parent else "uep.*")):
        try:
            yield _read(folder)
        except (OSError, ValueError, TypeError, OverflowError, psutil.Error):
            continue  # it is ending, or not one of ours


def _read(folder: Path) -> UserEndpoint:
    pidfile, about = folder / PIDFILE, folder / ABOUT
    seen = {
        "age": _age(pidfile),
        "uptime": _age(about),  # each process writes it once, when it starts
        "alive": _is_alive(int(pidfile.read_text()), folder.name),
    }
    return UserEndpoint.model_validate(dict(json.loads(about.read_bytes())) | seen)


def _age(path: Path) -> float:
    return max(0.0, time.time() - path.stat().st_mtime)


def _is_alive(pid: int, name: str) -> bool:
    """Tells whether the process is there, and is that user endpoint rather than one that has its number now."""
    try:
        process = psutil.Process(pid)
        return process.status() != psutil.STATUS_ZOMBIE and name in " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return False
