"""The seams: what a pool needs of the world. Adapters fulfil them, and ``armarius.client.testing`` has fakes."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Protocol

from armarius.functions.contracts import RunSpec, Shape
from armarius.functions.files import is_content


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
    """A task as its service sees it.

    Attributes:
        error: The reason of a failure.
        transient: Whether handing the run over again may cure it.
    """

    state: TaskState
    error: str = ""
    transient: bool = True


class Compute(Protocol):
    """One site's computing. A task reference is a hint that may die with its service; the run id is what counts."""

    @property
    def pace(self) -> float:
        """Seconds that a driver lets pass between two looks at a run; 0 where looking costs nothing."""

    @property
    def lasting(self) -> bool:
        """Whether what it computes goes on when this process ends."""

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Hands a run to the site's queue and returns a reference to the task.

        Args:
            spec: The run. Handing it over twice is harmless: the site computes it once.
            shape: The slice of a machine to ask for.
            walltime: Seconds to ask for, or None for no end.

        Raises:
            SiteUnreachable: The site could not be reached; nothing is lost.
            SiteRefused: It will not, for a reason that trying again does not cure.
        """

    def task(self, reference: str) -> TaskView:
        """Tells what is known of a task."""

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Calls a control function and returns its answer.

        Raises:
            SiteUnreachable: The site did not answer. Unreachable is not lost.
            SiteRefused: It answered that it will not; ``transient`` says whether to try again.
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

    def is_here(self) -> bool:
        """Tells whether the file is on this machine, and what it must be; copies come whole or not at all."""
        return is_content(self.here, self.sha256, self.size)


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
        message: What holds it up, when something does: paused by an administrator, out of quota, …
        error: The reason of a failure.
        transient: Whether trying again may cure it.
        attempt: From 1: how often it was begun.
    """

    state: TransferState
    moved: int = 0
    total: int = 0
    message: str = ""
    error: str = ""
    transient: bool = False
    attempt: int = 1


class Staging(Protocol):
    """Moves files between this machine and one site. Every file arrives whole and verified, or not at all.

    A transfer is known by a name that its run gives it. Begun twice, it is one transfer; one that has failed begins
    anew.
    """

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring files to the site."""

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring files home."""

    def status(self, transfer: str) -> TransferView:
        """Tells what is known of a transfer.

        Raises:
            SiteUnreachable: Nothing can be known of it just now.
        """

    def cancel(self, transfer: str) -> None:
        """Ends a transfer; what has arrived stays."""

    def close(self) -> None:
        """Ends what belongs to this process."""


class Keys(Protocol):
    """The keys that people have lent, each for the jobs of its owner. A job names whose key, and never holds one."""

    def stamp(self, identity: str) -> str | None:
        """Returns what changes when another key takes the place of this one; None where there is none that fits."""

    def app(self, identity: str) -> Any:
        """Returns what Globus' clients take as the application that signs their requests.

        Raises:
            AccountNeeded: There is no key that fits.
        """


class Clock(Protocol):
    """The time, so that tests need not wait for it."""

    def now(self) -> float:
        """Returns the seconds since 1970."""
