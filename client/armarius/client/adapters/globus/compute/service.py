"""The seam over the Globus Compute SDK: the little that the adapter needs of it, and what sites share in a process."""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol
from uuid import UUID

from globus_sdk import GlobusApp

from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.globus.compute.tasks import TaskBook, Told

Settings = Mapping[str, str]
"""What is asked of a user endpoint: role, shape, walltime, project."""


class Line(Protocol):
    """An open line to one user endpoint, for calls that are answered soon."""

    def send(self, function: UUID, payload: dict[str, Any]) -> "Future[Any]":
        """Calls a function; the future brings what it returned, from JSON."""

    def hang_up(self) -> None:
        """Gives the line up for good, whatever still waits for an answer. Returns at once."""


class Service(Protocol):
    """Globus Compute, as one identity sees it. Errors are those of the SDK."""

    def submit(self, endpoint: UUID, settings: Settings, function: UUID, payload: dict[str, Any]) -> str:
        """Hands a task over and returns its id."""

    def tell(self, tasks: Collection[str]) -> dict[str, Told]:
        """Tells what is known of tasks, in one request; one that the service does not know is left out."""

    def line(self, endpoint: UUID, settings: Settings) -> Line:
        """Opens a line. Nothing is sent yet."""


@dataclass(frozen=True)
class Hub:
    """What all sites of a process share: the service, and the book of tasks that are asked for together."""

    service: Service
    book: TaskBook


@cache
def hub_of(app: GlobusApp) -> Hub:
    """Returns the hub of an identity, always the same."""
    return make_hub(app)


def make_hub(app: GlobusApp) -> Hub:
    """Makes a hub of an identity. The SDK takes a second to import, so it is imported here, at the first use."""
    from armarius.client.adapters.globus.compute.sdk import ComputeService

    service = ComputeService(app)
    return Hub(service, TaskBook(service.tell, SystemClock()))
