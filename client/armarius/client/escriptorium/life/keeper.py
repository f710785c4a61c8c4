"""Keeps the process that drives trainings, beside a worker."""

import logging
import os
import subprocess
import sys
from pathlib import Path
from threading import Event, Thread

from armarius.client.adapters import leash

_LOG = logging.getLogger(__name__)

DRIVE = "armarius.client.escriptorium.life.process"
AGAIN_SECONDS = 10.0
"""Between the death of the process and the next one."""

PARTING_SECONDS = 30.0
"""What it gets to let trainings on this machine write their checkpoints."""


class Keeper:
    """Starts the process, starts it again when it dies, and ends it with the worker.

    On a leash: it never outlives a worker that was killed.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._leaving = Event()

    def start(self) -> None:
        """Begins to keep it."""
        self._leaving.clear()
        Thread(target=self._keep, name="armarius-keeper", daemon=True).start()

    def stop(self) -> None:
        """Asks it to leave, and waits until it has."""
        self._leaving.set()
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(PARTING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _keep(self) -> None:
        while not self._leaving.is_set():
            self._process = subprocess.Popen([sys.executable, "-m", leash.__name__, DRIVE], env=_environment())
            code = self._process.wait()
            if not self._leaving.is_set():
                _LOG.error("the process that drives trainings ended with %s; it is started again", code)
                self._leaving.wait(AGAIN_SECONDS)


def _environment() -> dict[str, str]:
    """Returns this process's, with its path: eScriptorium puts its apps there while it reads its settings."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path or str(Path.cwd()) for path in sys.path)}
