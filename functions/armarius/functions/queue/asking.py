"""Asking Slurm, all questions at the same time and for a bounded time."""

import os
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import product

from armarius.functions.contracts import QueuedShape, QueueReport, QueueTable, WaitEstimate
from armarius.functions.queue import words

PATIENCE = 0.8
"""Seconds for all questions together. What is not answered by then is left out: a busy scheduler has better to do."""

AT_ONCE = 4
"""Questions at the same time."""

MOST_WAITS = 48
"""Estimates in one report."""

_COMMANDS = (words.PARTITIONS, words.NODES, words.PENDING, words.SETTINGS)
_NO_ANSWER = -1


@dataclass(frozen=True)
class _Said:
    code: int
    text: str
    errors: str


def queue_report(table: QueueTable) -> QueueReport:
    """Asks Slurm how its queue is; never raises, and takes less than a second."""
    deadline = time.monotonic() + PATIENCE
    with ThreadPoolExecutor(AT_ONCE) as threads:
        first = [threads.submit(_ask, command, deadline) for command in _COMMANDS]
        combinations = list(product(table.shapes, table.walltimes.items()))[:MOST_WAITS]
        waits = [threads.submit(_wait, shape, walltime, deadline) for shape, walltime in combinations]
        partitions, nodes, pending, settings = said = [each.result() for each in first]
        estimates = [estimate for wait in waits if (estimate := wait.result())]
    missing = len(table.shapes) * len(table.walltimes) - len(estimates)
    troubles = [each.errors for each in said if each.code]
    if missing:
        troubles.append(f"{missing} estimates are missing: the scheduler was slow, or there are too many.")
    default = words.default_partition(partitions.text)
    named = {shape.partition or default for shape in table.shapes}
    return QueueReport(
        partitions=tuple(each for each in words.partitions(partitions.text) if each.name in named),
        free={} if nodes.code else _free(table, nodes.text),
        others={} if partitions.code else _others(table, pending, settings, default),
        waits=tuple(estimates),
        trouble=" ".join(troubles)[:400],
    )


def _free(table: QueueTable, text: str) -> dict[str, int]:
    found = list(words.nodes(text))
    return {shape.name: words.free(shape, found) for shape in table.shapes if not shape.picky}


def _others(table: QueueTable, pending: _Said, settings: _Said, default: str) -> dict[str, int]:
    """Counts whose jobs wait before ours; nothing where that cannot be known."""
    if pending.code or settings.code or words.keeps_jobs_private(settings.text):
        return {}
    own = os.geteuid()
    return {shape.name: words.others(shape, pending.text, default, own) for shape in table.shapes}


def _wait(shape: QueuedShape, walltime: tuple[str, str], deadline: float) -> WaitEstimate | None:
    word, length = walltime
    command = ["sbatch", "--test-only", f"--time={length}", *shape.options, "--wrap=true"]
    said = _ask(command, deadline)
    if said.code == _NO_ANSWER:
        return None
    seconds = None if said.code else words.start(said.errors + said.text, time.time())
    refusal = "" if seconds is not None else (said.errors.strip().splitlines() or ["no answer"])[-1][:200]
    return WaitEstimate(shape=shape.name, walltime=word, seconds=seconds, refusal=refusal)


def _ask(command: Sequence[str], deadline: float) -> _Said:
    """Runs one command until the deadline."""
    left = deadline - time.monotonic()
    if left <= 0:
        return _Said(_NO_ANSWER, "", "")
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=left, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return _Said(_NO_ANSWER, "", f"{command[0]} was too slow.")
    except OSError as error:
        return _Said(_NO_ANSWER, "", f"{command[0]}: {error}.")
    return _Said(done.returncode, done.stdout, done.stderr)
