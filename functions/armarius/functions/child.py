"""Starting and ending the engine's process."""

import os
import signal
import subprocess
from pathlib import Path

from armarius.functions.claim import CLAIM_VARIABLE
from armarius.functions.contracts import Limits
from armarius.functions.frame import WALLTIME_VARIABLE
from armarius.functions.handover import PAUSE
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site

GRACE_SECONDS = 2.0
"""What a child that was told to end gets before it is killed."""

_LAST_WORDS = 2000

_NOT_INHERITED = ("SLURM_", "SBATCH_", "PYTHONPATH", "PYTHONHOME")
TUNABLES, NOTHING_ASIDE = "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0"


class EngineChild:
    """The kraken process of one run.

    It holds the run's lock beside the supervisor, so that nobody else can begin while it lives, and it ends by itself
    when its standard input closes, so that it cannot outlive the supervisor.

    Args:
        site: Where, and with which interpreter.
        run: The run's directory, with its spec.
        lock: The descriptor of the held lock.
        limits: Threads to offer to the numeric libraries, and the seconds to the end.
        trains: Whether it trains: it then keeps memory from step to step.
    """

    def __init__(self, site: Site, run: RunDir, lock: int, limits: Limits, trains: bool = False) -> None:
        self._log = run.log_path
        with run.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [site.kraken_python, "-m", "armarius.functions.engine", run.run_id],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd="/",  # with -m the working directory is where modules are looked for first: never a writable one
                env=_environment(site, run, limits) | (_one_heap() if trains else {}),
                pass_fds=(lock,),
                start_new_session=True,
                text=True,
            )

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def returncode(self) -> int | None:
        """How it ended; negative is a signal."""
        return self._process.returncode

    def ended_within(self, seconds: float) -> bool:
        """Waits for the end, for some time."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def ask_to_pause(self) -> None:
        """Asks for a checkpoint after the current step, and the end."""
        assert self._process.stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            self._process.stdin.write(PAUSE)
            self._process.stdin.flush()
        except BrokenPipeError:
            return  # it has ended by itself

    def end(self) -> None:
        """Ends it and all it started, whatever it does; returns when it is gone."""
        self._signal(signal.SIGTERM)
        if not self.ended_within(GRACE_SECONDS):
            self._signal(signal.SIGKILL)
            self._process.wait()

    def close(self) -> None:
        """Leaves nothing behind: neither a process nor a pipe."""
        if self._process.poll() is None:
            self.end()
        else:
            self._signal(signal.SIGKILL)  # what it may have left in its session
        if self._process.stdin:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                return

    def last_words(self) -> str:
        """Returns the end of what it printed."""
        return tail(self._log)

    def _signal(self, number: signal.Signals) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return


def tail(path: Path) -> str:
    """Returns the last lines of a log, at most 2,000 characters."""
    try:
        with path.open("rb") as stream:
            stream.seek(0, os.SEEK_END)
            stream.seek(max(0, stream.tell() - _LAST_WORDS))
            return stream.read().decode(errors="replace").strip()
    except FileNotFoundError:
        return ""


def _environment(site: Site, run: RunDir, limits: Limits) -> dict[str, str]:
    """Returns the environment of the child.

    Threads are those of the allocation: with more, a step goes from 0.2 s to seconds. Slurm's variables are kept from
    Lightning, which would install a requeue handler of its own; and what the worker's Python needs says nothing to
    another interpreter.
    """
    threads = str(limits.cpus)
    frame = {} if limits.walltime is None else {WALLTIME_VARIABLE: str(max(1, int(limits.walltime)))}
    claim = {} if run.claim is None else {CLAIM_VARIABLE: str(run.claim)}
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(_NOT_INHERITED)}
    return (
        inherited
        | site.environment()
        | frame
        | claim
        | {
            "OMP_NUM_THREADS": threads,
            "MKL_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "PYTHONUNBUFFERED": "1",
            "PYTHONFAULTHANDLER": "1",
        }
    )


def _one_heap() -> dict[str, str]:
    """Returns what keeps glibc from laying small blocks aside: they part large ones that could be joined for a step.

    It costs no time that can be seen, and spares a quarter of the memory (``benchmarks/memory.py``).
    """
    theirs = os.environ.get(TUNABLES)
    return {TUNABLES: f"{theirs}:{NOTHING_ASIDE}" if theirs else NOTHING_ASIDE}
