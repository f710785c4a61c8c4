"""Who may write into a run's directory, on file systems whose locks end at the border of a machine, too.

A claim is a file ``claim.000001``, with a number that only grows. To take a run over is to make the next one, which
exactly one process can (a hard link to a name that must not exist), and then to delete those before it. Whoever writes
looks first whether its own claim is still there: a copy that was cut off and comes back finds it gone, and ends. So
two copies never both write, whatever locks are worth; in the worst case the later one takes over a few seconds late.
"""

import os
import secrets
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import ValidationError

from armarius.functions.contracts import Contract
from armarius.functions.errors import RunBusy
from armarius.functions.files import sync
from armarius.functions.slurm import job_of

CLAIM_VARIABLE = "ARMARIUS_CLAIM"
"""The number of the claim under which an engine writes; its supervisor took it."""

QUIET_SECONDS = 12.0
"""How long the heart of a run on another machine must stand still before the run is taken over. It beats every second,
and NFS may show a file as it was three seconds ago."""

LOOK_SECONDS = 0.5


class Claim(Contract):
    """Who computes a run, since when, and in which job.

    Attributes:
        number: From 1; the highest counts.
        process: Its number on that machine.
        host: The machine's own name.
        job: The Slurm job; empty outside of Slurm.
        node: What Slurm calls the machine.
        restarts: How often Slurm had begun the job anew.
        since: Seconds since 1970.
    """

    number: int
    process: int
    host: str
    job: str = ""
    node: str = ""
    restarts: int = 0
    since: float

    @classmethod
    def of(cls, number: int, environment: Mapping[str, str]) -> "Claim":
        """Returns the claim that this process makes."""
        restarts = environment.get("SLURM_RESTART_COUNT", "")
        return cls(
            number=number,
            process=os.getpid(),
            host=os.uname().nodename,
            job=job_of(environment) or "",
            node=environment.get("SLURMD_NODENAME", ""),
            restarts=int(restarts) if restarts.isdigit() else 0,
            since=time.time(),
        )

    def __str__(self) -> str:
        place = f"process {self.process} on {self.node or self.host}"
        return f"{place}, Slurm job {self.job}" if self.job else place


class Claims:
    """The claims on one run.

    Args:
        folder: The run's directory.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def path(self, number: int) -> Path:
        """Returns where a claim is kept."""
        return self._folder / f"claim.{number:06d}"

    def current(self) -> Claim | None:
        """Reads the claim that counts, or None where there is none that can be read."""
        numbers = self._numbers()
        try:
            return Claim.model_validate_json(self.path(numbers[-1]).read_bytes()) if numbers else None
        except (FileNotFoundError, ValidationError):  # taken over meanwhile, or damaged
            return None

    def holds(self, number: int) -> bool:
        """Tells whether a claim still counts. Opened by name, so that a network file system asks its server."""
        try:
            os.close(os.open(self.path(number), os.O_RDONLY))
        except FileNotFoundError:
            return False
        return True

    def take(self, run_id: str, environment: Mapping[str, str] = os.environ) -> Claim:
        """Makes the next claim; whoever had one before has none any more.

        Raises:
            RunBusy: Another process was faster.
        """
        claim = Claim.of((self._numbers() or [0])[-1] + 1, environment)
        written = self._folder / f".claim.{secrets.token_hex(4)}"
        written.write_bytes(claim.canonical_json())
        try:
            sync(written)
            os.link(written, self.path(claim.number))
        except FileExistsError:
            raise RunBusy(run_id, str(self.current() or "another process")) from None
        finally:
            written.unlink(missing_ok=True)
        numbers = self._numbers()
        if numbers[-1] != claim.number:  # so slow that the next one was made and this number freed
            self.path(claim.number).unlink(missing_ok=True)
            raise RunBusy(run_id, str(self.current() or "another process"))
        for number in numbers[:-1]:
            self.path(number).unlink(missing_ok=True)
        return claim

    def _numbers(self) -> list[int]:
        names = [path.name.removeprefix("claim.") for path in self._folder.glob("claim.[0-9]*")]
        return sorted(int(name) for name in names if name.isdigit())


def is_silent(heartbeat: Path) -> bool:
    """Watches a heartbeat until it moves, or has stood still for :data:`QUIET_SECONDS`.

    Only changes count: the clocks of two machines need not agree.
    """
    first = _beat(heartbeat)
    pause = threading.Event()
    end = time.monotonic() + QUIET_SECONDS
    while time.monotonic() < end:
        pause.wait(LOOK_SECONDS)
        if _beat(heartbeat) != first:
            return False
    return True


def _beat(heartbeat: Path) -> float | None:
    """Returns when a heart last beat. The file is opened, for that makes a network file system ask its server."""
    with suppress(FileNotFoundError), heartbeat.open("rb") as opened:
        return os.fstat(opened.fileno()).st_mtime
    return None


def claimed(environment: Mapping[str, str]) -> int | None:
    """Returns the number of the claim under which an engine was started."""
    number = environment.get(CLAIM_VARIABLE, "")
    return int(number) if number.isdigit() else None
