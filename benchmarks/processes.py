"""Processes that are timed and weighed with all that they start, and of which nothing remains."""

import os
import secrets
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
import psutil

from armarius.functions.metering import MemoryGauge

MARK = "ARMARIUS_BENCHMARK"
"""In the environment of all that a benchmark starts: Parsl's workers leave their parents, and are found by it."""

LOOK_SECONDS = 1.0
"""How often the memory of all processes is added up; more often would take time from what is measured."""

GRACE_SECONDS = 3.0
_LAST_WORDS = 2000


@dataclass(frozen=True)
class Ran:
    """A command that ended well.

    Attributes:
        started: Seconds since 1970.
        seconds: Wall time from its start to its end.
        memory: Most bytes of all its processes together; shared pages are counted once where the kernel tells.
        output: What it printed to standard output.
    """

    started: float
    seconds: float
    memory: int
    output: str


def run(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> Ran:
    """Runs a command to its end, weighing it and all that it starts; leaves no process behind.

    Args:
        command: Program and arguments.
        folder: Its working directory, made if it is missing; ``stdout`` and ``stderr`` are written there.
        environment: What it gets besides ours. Slurm's variables are kept from it: Lightning reads them.

    Raises:
        ClickException: It ended with an error; the message holds its last words.
    """
    folder.mkdir(parents=True, exist_ok=True)
    token = secrets.token_hex(8)
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("SLURM_", "SBATCH_"))}
    gauge, memory = MemoryGauge(lambda: _family(token)), 0
    with (folder / "stdout").open("wb") as stdout, (folder / "stderr").open("wb") as stderr:
        started, begun = time.time(), time.perf_counter()
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**inherited, **(environment or {}), MARK: token},
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,  # Ctrl-C is ours to pass on
        )
        try:
            while not _ended(process):
                memory = max(memory, gauge.read())
            seconds = time.perf_counter() - begun
        finally:
            _end(token)
            process.wait()
    if process.returncode:
        raise click.ClickException(_last_words(command, folder, process.returncode))
    return Ran(started, seconds, memory, (folder / "stdout").read_text(encoding="utf-8", errors="replace"))


def _ended(process: "subprocess.Popen[bytes]") -> bool:
    """Waits for the end, for as long as it is until the next look."""
    try:
        process.wait(LOOK_SECONDS)
    except subprocess.TimeoutExpired:
        return False
    return True


def _family(token: str) -> list[psutil.Process]:
    """Finds all living processes that bear a mark."""
    return [process for process in psutil.process_iter() if _mark(process) == token]


def _mark(process: psutil.Process) -> str | None:
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):  # another user's, or gone meanwhile
        return None


def _end(token: str) -> None:
    """Ends all processes that bear a mark, those too that are started meanwhile."""
    while family := _family(token):
        for process in family:
            _signal(process, signal.SIGTERM)
        _, stubborn = psutil.wait_procs(family, timeout=GRACE_SECONDS)
        for process in stubborn:
            _signal(process, signal.SIGKILL)
        psutil.wait_procs(stubborn, timeout=GRACE_SECONDS)


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def _last_words(command: Sequence[str], folder: Path, code: int) -> str:
    streams = ((folder / name).read_text(encoding="utf-8", errors="replace").strip() for name in ("stderr", "stdout"))
    said = next((text for text in streams if text), "(nothing)")
    name = " ".join([Path(command[0]).name, *command[1:4]])
    return f"{name} … ended with {code}. Its last words:\n{said[-_LAST_WORDS:]}"


@contextmanager
def scratch() -> Iterator[Path]:
    """Gives a temporary directory that is removed in the end, after SIGTERM too.

    Side effects: what is started meanwhile keeps its temporary files there, so that nothing of them remains either.
    """
    before, places = signal.signal(signal.SIGTERM, _interrupt), os.environ.get("TMPDIR")
    try:
        with tempfile.TemporaryDirectory(prefix="armarius-benchmark-", ignore_cleanup_errors=True) as folder:
            os.environ["TMPDIR"] = folder
            yield Path(folder).resolve()
    finally:
        os.environ.pop("TMPDIR", None)
        if places is not None:
            os.environ["TMPDIR"] = places
        signal.signal(signal.SIGTERM, before)


def _interrupt(_number: int, _frame: FrameType | None) -> NoReturn:
    raise KeyboardInterrupt
