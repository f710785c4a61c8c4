"""Who is told of what is written down: those that count and those that log. They change nothing and decide nothing."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from armarius.client.jobs.state import JobState

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Moved:
    """A job came into a state, or something was noted of it there."""

    job: str
    at: float
    state: JobState
    message: str = ""


@dataclass(frozen=True)
class Opened:
    """A run was placed."""

    job: str
    run: str
    site: str
    at: float
    task: str
    message: str = ""


@dataclass(frozen=True)
class HandedOver:
    """A site took a run; ``times`` counts since it last showed progress."""

    job: str
    run: str
    site: str
    at: float
    times: int


@dataclass(frozen=True)
class Begun:
    """The first sign of a run was heard; ``waited`` are the seconds since it was handed over."""

    run: str
    site: str
    at: float
    waited: float


@dataclass(frozen=True)
class Ended:
    """The end of a run was heard, or it was given up.

    Attributes:
        outcome: As its report says, or "given up".
        reason: Likewise; empty where there is none.
        message: Likewise.
        seconds: What it took.
        gpu_seconds: The same, for each GPU.
    """

    job: str
    run: str
    site: str
    at: float
    kind: str
    outcome: str
    reason: str = ""
    message: str = ""
    seconds: float = 0.0
    gpu_seconds: float = 0.0


@dataclass(frozen=True)
class CheckpointHome:
    """A checkpoint came to the pool's machine."""

    job: str
    run: str
    at: float
    step: int
    size: int


Happening = Moved | Opened | HandedOver | Begun | Ended | CheckpointHome

Witness = Callable[[Happening], None]


@dataclass(frozen=True)
class Witnesses:
    """Those who are told, after it was written down."""

    _all: list[Witness] = field(default_factory=list)

    def add(self, witness: Witness) -> None:
        """Lets one more be told; nobody is told twice."""
        if witness not in self._all:
            self._all.append(witness)

    def tell(self, happening: Happening) -> None:
        """Tells all. What goes wrong with one of them is logged, and harms nobody else."""
        for witness in self._all:
            try:
                witness(happening)
            except Exception:
                _LOG.exception("%s could not be noted", type(happening).__name__)
