"""What one node can tell of itself. ``python -m armarius.endpoint_config.doctor.node`` prints it, on that node."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from armarius.functions.contracts import Contract
from armarius.functions.errors import EngineMissing
from armarius.functions.versions import engine_versions, versions

MARK = "armarius-doctor"
"""Begins the names of the files that an examination leaves for a moment."""


class NodeReport(Contract):
    """What was seen there.

    Attributes:
        host: Its name.
        cpus: Threads that a process may use.
        armarius: The release in the endpoint's environment.
        kraken: The release of kraken; empty where its environment does not work there.
        trouble: Why not.
        gpus: What nvidia-smi lists, GPUs and their slices.
        unwritable: Why a directory cannot be written, by its path; those that can are left out.
    """

    host: str
    cpus: int
    armarius: str
    kraken: str
    trouble: str = ""
    gpus: tuple[str, ...] = ()
    unwritable: dict[str, str]


def look(kraken_python: str, nonce: str, folders: list[str]) -> NodeReport:
    """Looks around, and leaves one file.

    Args:
        kraken_python: The interpreter that should have kraken.
        nonce: Names a file that is left in the first directory, to be found elsewhere.
        folders: The directories that must be writable.
    """
    kraken, trouble = _kraken(Path(kraken_python))
    return NodeReport(
        host=os.uname().nodename,
        cpus=len(os.sched_getaffinity(0)),
        armarius=versions().armarius,
        kraken=kraken,
        trouble=trouble,
        gpus=_gpus(),
        unwritable={
            folder: why
            for number, folder in enumerate(folders)
            if (why := _write(Path(folder).expanduser() / f"{MARK}-{nonce}", leave=number == 0))
        },
    )


def _kraken(python: Path) -> tuple[str, str]:
    try:
        return engine_versions(python).kraken, ""
    except EngineMissing as error:
        return "", error.message


def _gpus() -> tuple[str, ...]:
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return ()
    return tuple(line.strip() for line in done.stdout.splitlines() if line.strip()) if done.returncode == 0 else ()


def _write(path: Path, *, leave: bool) -> str:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
        if not leave:
            path.unlink()
    except OSError as error:
        return str(error)
    return ""


if __name__ == "__main__":
    sys.stdout.write(look(sys.argv[1], sys.argv[2], sys.argv[3:]).model_dump_json() + "\n")
