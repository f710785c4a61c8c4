"""What the endpoint, the service or the client refuses."""

import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pika
import pytest
from globus_compute_common.messagepack import pack
from globus_compute_common.messagepack.message_types import Result
from globus_compute_sdk.serialize import ComputeSerializer

from armarius.client.adapters.globus.app import globus_app
from armarius.client.adapters.globus.compute.compute import CONTROL
from armarius.client.adapters.globus.compute.reference import Reference
from armarius.client.adapters.globus.compute.sdk import ComputeService
from armarius.client.adapters.globus.compute.service import Hub
from armarius.client.adapters.globus.compute.tasks import TaskBook
from armarius.client.adapters.globus.compute.troubles import trouble
from armarius.client.config import RegisteredFunction
from armarius.client.errors import SiteRefused
from armarius.client.ports import TaskState
from armarius.functions.contracts import Shape
from armarius.functions.registered.source import digest
from support.cli import until
from support.cloud import LocalCloud

from .desk import NO_RUNS, QUIET, Desk

pytestmark = QUIET

HUGE = Shape(name="huge", cpus=1, memory=1)
UNKNOWN_SHAPE = r"'huge' is not one of \['cpu1'\]"


def test_settings_that_the_endpoint_does_not_know(desk: Desk) -> None:
    desk.cloud.change_limits(start_patience=0)
    view = desk.ended(desk.submit(HUGE))
    assert view.state is TaskState.FAILED
    assert re.search(UNKNOWN_SHAPE, view.error)


def test_settings_that_the_endpoint_does_not_know_where_the_service_waits_for_it(desk: Desk) -> None:
    desk.cloud.change_limits(start_patience=120)
    with pytest.raises(SiteRefused, match=f"alpha does not take these settings: .*{UNKNOWN_SHAPE}"):
        desk.submit(HUGE)


def registered(desk: Desk, name: str, source: str) -> dict[str, RegisteredFunction]:
    """Registers a function of a client's own, and says that it is ``name``."""
    from globus_compute_sdk import Client

    function = Client(app=globus_app("ALPHA")).register_source_code(source, "mine")
    return desk.config.functions | {name: RegisteredFunction(id=uuid.UUID(function), sha256=digest(name))}


def test_a_function_that_the_site_does_not_allow(desk: Desk) -> None:
    compute = desk.adapter(functions=registered(desk, "probe", "def mine(payload):\n    return payload\n"))
    with pytest.raises(SiteRefused, match=r"not permitted on endpoint.*armarius endpoint register"):
        compute.call("probe", {})


def test_an_identity_that_the_endpoint_does_not_know(desk: Desk) -> None:
    service = ComputeService(globus_app())
    stranger = desk.adapter(hub=Hub(service, TaskBook(service.tell, desk.clock)))
    with pytest.raises(SiteRefused, match=r"Unauthorized access.*armarius"):
        stranger.call("progress", NO_RUNS)


class Evil:
    """What would leave a mark if it were opened."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.mark,)


def forge(cloud: LocalCloud, task: str, data: str) -> None:
    """Sends a result as a site could that has been taken over."""
    with pika.BlockingConnection(pika.URLParameters(cloud.broker.url)) as connection:
        connection.channel().basic_publish("results", "results", pack(Result(task_id=uuid.UUID(task), data=data)))


@pytest.mark.parametrize("kind", ["pickle", "source"])
def test_a_result_that_is_not_json_is_refused_and_never_opened(desk: Desk, tmp_path: Path, kind: str) -> None:
    mark = tmp_path / "opened"
    source = f"st\nmine:import pathlib\npathlib.Path({str(mark)!r}).touch()\nmine = 1\n"
    forged = ComputeSerializer().serialize(Evil(mark)) if kind == "pickle" else source

    desk.compute.call("progress", NO_RUNS)
    line = desk.service.line(desk.config.endpoint, CONTROL)
    desk.cloud.faults.lose_results()
    future = line.send(desk.config.functions["progress"].id, NO_RUNS)
    until(lambda: not desk.cloud.faults.pending(), "the loss of the true result")
    forge(desk.cloud, str(future.task_id), forged)
    error = future.exception(30)
    line.hang_up()
    assert isinstance(error, Exception)
    assert "never opened" in str(trouble(error, "alpha"))

    desk.cloud.faults.lose_results()
    reference = desk.submit()
    until(lambda: not desk.cloud.faults.pending(), "the loss of the true result")
    found = Reference.read(reference)
    assert found is not None
    forge(desk.cloud, found.task, forged)
    view = desk.ended(reference)
    assert view.state is TaskState.FAILED
    assert "never opened" in view.error
    assert not mark.exists()
