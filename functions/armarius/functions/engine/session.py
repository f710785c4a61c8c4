"""What every part of the engine shares: the run, its wishes, and how it is going to end."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from armarius.functions.contracts import Choice, Outcome, Parameters, Phase, Progress, Reason, RunSpec
from armarius.functions.engine.device import Device, Processor, device_of
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
        parameters: How to train: as was asked, with what is left to the engine filled in. Before it has chosen, with
            what ``ketos`` takes.
        host: The main memory of this process.
    """

    site: Site
    run: RunDir
    spec: RunSpec
    pause: threading.Event
    started: float
    end: EngineEnd = field(default_factory=lambda: EngineEnd(outcome=Outcome.FAILED))
    parameters: Parameters = field(init=False)
    host: Device = field(default_factory=Processor)

    def __post_init__(self) -> None:
        self.parameters = self.spec.parameters.settled(1, "32-true")

    @cached_property
    def device(self) -> Device:
        """What computes, and its memory; asked for when it is known to be there."""
        return device_of(self.spec.limits) if self.spec.limits.gpus else self.host

    def settle(self, choice: Choice | None) -> None:
        """Trains with what was chosen, and puts it on record; without a choice, as was asked."""
        if choice is not None:
            self.parameters = self.spec.parameters.settled(choice.batch_size, choice.precision)
            self.note(choice=choice)

    def note(self, **fields: Any) -> None:
        """Puts fields of :class:`EngineEnd` on record."""
        self.end = self.end.model_copy(update=fields)

    def elapsed(self) -> float:
        """Returns the seconds since the engine began."""
        return time.monotonic() - self.started

    def progress(self, phase: Phase, **fields: Any) -> None:
        """Appends a line to the run's progress, with the time and the peak memory."""
        line = Progress(at=time.time(), phase=phase, memory=self.host.peak(), gpu_memory=self.end.gpu_memory, **fields)
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
