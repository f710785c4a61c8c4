"""A client of the institution, and what its tests have in common."""

import time
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest

from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute.compute import GlobusCompute
from armarius.client.adapters.globus.compute.sdk import ComputeService
from armarius.client.adapters.globus.compute.service import Hub
from armarius.client.adapters.globus.compute.tasks import TaskBook
from armarius.client.config import GlobusSiteConfig, read_config
from armarius.client.ports import TaskState, TaskView
from armarius.client.testing import FakeClock
from armarius.functions.contracts import ProbeRequest, RunSpec, Shape, SiteReport, Task
from support.cli import until
from support.cloud import LocalCloud
from support.federation import Federation

QUIET = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # pika's, which the SDK leaves open

NO_RUNS: dict[str, Any] = {"runs": []}
SUBMIT = "/v3/endpoints/*/submit"
WALLTIME = 7200.0
PAUSE = 10.0
"""What the adapter leaves a site alone after the first failure: by its clock, which the tests hasten."""


class Hastened(FakeClock):
    """The real time, which a test may let go on faster."""

    def now(self) -> float:
        return super().now() + time.monotonic()


@dataclass
class Desk:
    """A client of the institution, as after a start of its process."""

    made: Federation
    clock: Hastened = field(default_factory=Hastened)
    _opened: list[GlobusCompute] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.service = ComputeService(globus_app("ALPHA"))
        self.hub = Hub(self.service, TaskBook(self.service.tell, self.clock))
        self.compute = self.adapter()

    @property
    def cloud(self) -> LocalCloud:
        return self.made.cloud

    @property
    def config(self) -> GlobusSiteConfig:
        found = read_config(self.made.home.path / "config").site("alpha")
        assert isinstance(found, GlobusSiteConfig)
        return found

    def adapter(self, call_seconds: float = 60.0, hub: Hub | None = None, **changes: Any) -> GlobusCompute:
        config = self.config.model_copy(update=changes)
        app = globus_app("ALPHA")
        self._opened.append(
            GlobusCompute(config, app, hub=hub or self.hub, clock=self.clock, call_seconds=call_seconds)
        )
        return self._opened[-1]

    def submit(self, shape: Shape | None = None) -> str:
        spec = RunSpec(run_id=f"r{uuid.uuid4().hex}", task=Task.TRAIN, dataset="0" * 64)
        return self.compute.submit(spec, shape or self.config.shapes[0], WALLTIME)

    def ended(self, reference: str, compute: GlobusCompute | None = None) -> TaskView:
        """Waits for the end of a task."""

        def look() -> TaskView | None:
            view = (compute or self.compute).task(reference)
            return None if view.state is TaskState.PENDING else view

        found: TaskView = until(look, "the end of the task")
        return found

    def close(self) -> None:
        for each in self._opened:
            each.close()


def probed(compute: GlobusCompute) -> SiteReport:
    return SiteReport.model_validate(compute.call("probe", ProbeRequest().model_dump(mode="json")))
