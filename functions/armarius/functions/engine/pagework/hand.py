"""One worker, as the engine sees it."""

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from armarius.functions.engine.pagework.message import Answer, Order
from armarius.functions.rundir import RunDir

MODULE = "armarius.functions.engine.pagework.worker"

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Libraries start with one thread each; torch gets those that an order names."""


@dataclass(frozen=True)
class Heard:
    """What a worker said; no answer means that it is gone."""

    hand: "Hand"
    answer: Answer | None


class Hand:
    """A worker process, and the thread that listens to it.

    Args:
        run: The run for which it works.
        heard: Gets all that it says, and that it is gone.
        gpu: The number of its GPU, or None.
        command: To start instead of the worker, with the same arguments.
    """

    def __init__(
        self,
        run: RunDir,
        heard: "queue.Queue[Heard]",
        gpu: int | None = None,
        command: Sequence[str] = (sys.executable, "-m", MODULE),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self.page: int | None = None
        self.since = 0.0
        self.ready = False
        self._process = subprocess.Popen(
            [*command, run.run_id, "-" if gpu is None else str(gpu)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd="/",
            env={**environment, **_ONE_THREAD},
        )
        threading.Thread(target=self._listen, args=(heard,), name="hand", daemon=True).start()

    @property
    def is_free(self) -> bool:
        """Whether it waits for an order."""
        return self.ready and self.page is None

    @property
    def was_killed(self) -> bool:
        """Whether it ended by SIGKILL, once it is gone."""
        return self._process.returncode == -signal.SIGKILL

    @property
    def how_ended(self) -> str:
        """How it ended, in words, once it is gone."""
        code = self._process.returncode
        return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"

    def order(self, page: int, threads: int, now: float) -> None:
        """Gives it a page; if it is gone by now, that is heard soon."""
        self.page, self.since = page, now
        assert self._process.stdin is not None  # noqa: S101 - Popen was given a pipe
        try:
            self._process.stdin.write(Order(number=page, threads=threads).canonical_json() + b"\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return

    def end(self) -> None:
        """Ends it, whatever it does, if it has not ended by itself; returns when it is gone."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            _close(pipe)

    def _listen(self, heard: "queue.Queue[Heard]") -> None:
        assert self._process.stdout is not None  # noqa: S101 - Popen was given a pipe
        try:
            for line in self._process.stdout:
                heard.put(Heard(self, Answer.model_validate_json(line)))
        except ValueError:  # cut off in the middle of a line, or closed under our eyes
            pass
        heard.put(Heard(self, None))


def _close(pipe: Any) -> None:
    try:
        pipe.close()
    except OSError:  # it was gone before all was written
        return
