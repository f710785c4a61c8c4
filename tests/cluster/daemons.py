"""Daemons as children of whoever starts a cluster, and what is left of a node when it crashes."""

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

MARK = "ARMARIUS_CLUSTER_NODE"
"""Environment variable of a node's daemon, and so of its steps: whose they are."""
_ENDING = 10.0


@dataclass
class Daemon:
    """One daemon in the foreground.

    Attributes:
        command: What is run.
        log: Where it writes.
        environment: Its variables.
    """

    command: Sequence[str]
    log: Path
    environment: Mapping[str, str]
    _process: "subprocess.Popen[bytes] | None" = field(default=None, repr=False)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Of its process, which must have been started."""
        assert self._process is not None, "it was not started"
        return self._process.pid

    def start(self) -> None:
        """Starts it, unless it runs."""
        if self.alive:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                cwd=self.log.parent,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def ask_to_end(self) -> None:
        """Asks it to end; does not wait."""
        if self._process is not None and self.alive:
            self._process.terminate()

    def stop(self) -> None:
        """Ends it: a slurmd that waits for its slurmctld does not heed, and is killed."""
        self.ask_to_end()
        if self._process is not None:
            try:
                self._process.wait(_ENDING)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """Kills it, alone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()


def kill_steps(mark: str, node: str, conf: Path) -> None:
    """Kills what a node runs: its steps, their descendants, and whatever has the variables of its jobs."""
    family: set[psutil.Process] = set()
    for process in _of_node(mark, node, conf):
        family.add(process)
        with contextlib.suppress(psutil.Error):
            family.update(process.children(recursive=True))
    for process in family:
        with contextlib.suppress(psutil.Error):
            process.kill()
    psutil.wait_procs(family, _ENDING)


def _of_node(mark: str, node: str, conf: Path) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            environment = process.environ()
        except (psutil.Error, OSError):
            continue
        is_step = environment.get(MARK) == mark
        is_job = environment.get("SLURMD_NODENAME") == node and environment.get("SLURM_CONF") == str(conf)
        if (is_step or is_job) and process.pid != os.getpid():
            yield process
