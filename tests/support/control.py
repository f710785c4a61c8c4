"""A site without an endpoint: its control functions are called directly, its runs only noted."""

from typing import Any

from armarius.client.errors import SiteRefused, SiteUnreachable
from armarius.client.ports import TaskState, TaskView
from armarius.functions.contracts import ArmariusError, RunSpec, Shape
from armarius.functions.registered import CONTROL
from armarius.functions.site import Site


class ControlOnly:
    """Fulfils ``Compute`` for what staging needs. An error of ours comes as a refusal, as over the wire.

    Attributes:
        reachable: Set it to False, and every call fails as on a broken line.
        calls: The functions that were called, in order.
        submitted: The runs that were handed over; nobody computes them.
    """

    pace = 0.0
    lasting = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self.reachable = True
        self.calls: list[str] = []
        self.submitted: list[str] = []

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        self.calls.append(function)
        if not self.reachable:
            raise SiteUnreachable("The site does not answer.")
        try:
            return CONTROL[function](payload, self._site)
        except ArmariusError as error:
            raise SiteRefused(error.message, error.hint, error.transient) from error

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        self.submitted.append(spec.run_id)
        return f"task-{len(self.submitted)}"

    def task(self, reference: str) -> TaskView:
        return TaskView(TaskState.PENDING)

    def wait(self, seconds: float) -> None:
        return

    def close(self) -> None:
        return
