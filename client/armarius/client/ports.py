"""The seams: what a pool needs of the world. Adapters fulfil them, and ``armarius.client.testing`` has fakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from armarius.functions.contracts import RunSpec, Shape


class TaskState(str, Enum):
    """What is known of a task that was handed over."""

    PENDING = "pending"
    """Queued or running."""
    RETURNED = "returned"
    """Its function returned. What came of the run stands in its report, which ``progress`` reads."""
    FAILED = "failed"
    """It ended without returning: the worker died, the job was killed, or the function raised."""
    UNKNOWN = "unknown"
    """Handed over by a process that is gone. Not a sign that it is lost."""


@dataclass(frozen=True)
class TaskView:
    """A task as its service sees it, with the reason of a failure."""

    state: TaskState
    error: str = ""


class Compute(Protocol):
    """One site's computing. A task reference is a hint that dies with its service; the run id is what counts."""

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Hands a run to the site's queue and returns a reference to the task.

        Args:
            spec: The run. Handing it over twice is harmless: the site computes it once.
            shape: The slice of a machine to ask for.
            walltime: Seconds to ask for, or None for no end.

        Raises:
            ArmariusError: With ``transient`` set when the site could not be reached.
        """

    def task(self, reference: str) -> TaskView:
        """Tells what is known of a task."""

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Calls a control function and returns its answer.

        Raises:
            ArmariusError: With ``transient`` set when the site could not be reached. Unreachable is not lost.
        """

    def wait(self, seconds: float) -> None:
        """Waits until one of the tasks ends, at most for some seconds."""

    def close(self) -> None:
        """Ends what belongs to this process."""


@dataclass(frozen=True)
class Parcel:
    """A file on its way.

    Attributes:
        here: Its path on this machine.
        there: Its path on the site, relative to the site's root.
        sha256: What it must contain.
        size: Bytes.
    """

    here: Path
    there: str
    sha256: str
    size: int


class TransferState(str, Enum):
    """What is known of a transfer."""

    ACTIVE = "active"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class TransferView:
    """A transfer as its service sees it.

    Attributes:
        moved: Bytes so far.
        total: Bytes in all.
        error: The reason of a failure.
        transient: Whether trying again may cure it.
    """

    state: TransferState
    moved: int = 0
    total: int = 0
    error: str = ""
    transient: bool = False


class Staging(Protocol):
    """Moves files between this machine and one site. Every file arrives whole and verified, or not at all."""

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring files to the site. The same transfer id twice is one transfer."""

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring files home. The same transfer id twice is one transfer."""

    def status(self, transfer: str) -> TransferView:
        """Tells what is known of a transfer."""

    def cancel(self, transfer: str) -> None:
        """Ends a transfer; what has arrived stays."""

    def close(self) -> None:
        """Ends what belongs to this process."""


class Clock(Protocol):
    """The time, so that tests need not wait for it."""

    def now(self) -> float:
        """Returns the seconds since 1970."""
