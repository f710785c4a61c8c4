"""What every part of the engine shares: the run, its wishes, and how it is going to end."""

import resource
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from armarius.functions.contracts import Outcome, Phase, Progress, Reason, RunSpec
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site


class Paused(Exception):
    """The run pauses; what is worth keeping is already in a checkpoint."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass
class Session:
    """One engine process at work on one run.

    Attributes:
        site: Where the data is.
        run: The run's directory.
        spec: What was asked.
        pause: Set when somebody wishes a pause.
        started: When the engine began, by ``time.monotonic``.
        end: How the engine would end now; grows as things become known.
    """

    site: Site
    run: RunDir
    spec: RunSpec
    pause: threading.Event
    started: float
    end: EngineEnd = field(default_factory=lambda: EngineEnd(outcome=Outcome.FAILED))

    def note(self, **fields: Any) -> None:
        """Puts fields of :class:`EngineEnd` on record."""
        self.end = self.end.model_copy(update=fields)

    def elapsed(self) -> float:
        """Returns the seconds since the engine began."""
        return time.monotonic() - self.started

    def progress(self, phase: Phase, **fields: Any) -> None:
        """Appends a line to the run's progress, with the time and the peak memory."""
        line = Progress(at=time.time(), phase=phase, memory=peak_memory(), gpu_memory=self.end.gpu_memory, **fields)
        self.run.append_progress(line)

    def stop_if_asked(self, keep: Callable[[], None] | None = None) -> None:
        """Leaves if somebody wishes a pause.

        Args:
            keep: Called before leaving, to write a checkpoint.

        Raises:
            Paused: Somebody does.
        """
        if self.pause.is_set():
            if keep:
                keep()
            raise Paused(Reason.ASKED)


def peak_memory() -> int:
    """Returns the most resident bytes that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def resident_memory() -> int:
    """Returns the resident bytes of this process now (Linux), or its peak where the kernel does not tell."""
    try:
        with open("/proc/self/statm", encoding="ascii") as source:  # noqa: PTH123 - a kernel file, not a path of ours
            return int(source.read().split()[1]) * resource.getpagesize()
    except OSError:
        return peak_memory()
