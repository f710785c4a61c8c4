"""The result processor, without a broker."""

import asyncio
import uuid
from typing import Any

import pytest
from globus_compute_common.messagepack import pack
from globus_compute_common.messagepack.message_types import EPStatusReport, Result

from cloud.config import Limits
from cloud.endpoints import Endpoints
from cloud.faults import ExpireResult, FaultBook, LoseResult
from cloud.processor import Processor
from cloud.queues import Queues
from cloud.starts import StartFailed, Starts, StartUnheard
from cloud.store import Store
from cloud.tasks import Tasks


def report(endpoint: str, state: dict[str, Any]) -> bytes:
    """A heartbeat."""
    return pack(EPStatusReport(endpoint_id=uuid.UUID(endpoint), global_state=state, task_statuses={}))


class Sent(Queues):
    """Queues that remember what is sent."""

    def __init__(self) -> None:
        super().__init__("amqp://nowhere")
        self.bodies: list[bytes] = []

    async def send(self, exchange: str, queue: str, body: bytes, **properties: Any) -> None:
        self.bodies.append(body)


class Scene:
    """An endpoint, its user endpoint, and a task for that."""

    def __init__(self, store: Store) -> None:
        self.queues, self.faults = Sent(), FaultBook(store)
        self.endpoints, self.tasks = Endpoints(store, 2.5), Tasks(store, Limits())
        self.starts = Starts()
        self.processor = Processor(self.queues, self.endpoints, self.starts, self.tasks, self.faults)
        self.endpoint = self.endpoints.register(None, "carol", {})
        self.user_endpoint = self.endpoints.user_endpoint(self.endpoint, "carol", {}, {})
        group = self.tasks.ensure_group(None, "carol", queue=True)
        self.task = self.tasks.add(group, self.endpoint, self.user_endpoint, "f", "carol")

    def report(self, endpoint: str, **state: Any) -> None:
        asyncio.run(self.processor.on_heartbeat(report(endpoint, state)))

    def result(self, data: str) -> None:
        asyncio.run(self.processor.on_result(pack(Result(task_id=uuid.UUID(self.task), data=data))))

    def is_online(self, endpoint: str) -> bool:
        return self.endpoints.is_online(self.endpoints.get(endpoint))


@pytest.fixture
def scene(store: Store) -> Scene:
    return Scene(store)


def test_heartbeats(scene: Scene) -> None:
    assert not scene.is_online(scene.endpoint)
    scene.report(scene.endpoint, heartbeat_period=30)
    assert scene.is_online(scene.endpoint)
    scene.report(scene.endpoint, heartbeat_period=0)
    assert not scene.is_online(scene.endpoint)


def test_goodbye_of_a_user_endpoint(scene: Scene) -> None:
    scene.report(scene.user_endpoint, heartbeat_period=30, active=True)
    assert scene.is_online(scene.user_endpoint)
    scene.report(scene.user_endpoint, heartbeat_period=30, active=False)
    assert not scene.is_online(scene.user_endpoint)


def test_error_of_a_forked_child_does_not_take_the_endpoint_offline(scene: Scene) -> None:
    scene.report(scene.endpoint, heartbeat_period=30)
    scene.report(scene.endpoint, heartbeat_period=3, error="a child failed")
    assert scene.is_online(scene.endpoint)


def test_user_endpoint_that_cannot_start_fails_what_waits_for_it(scene: Scene) -> None:
    scene.report(scene.user_endpoint, heartbeat_period=3, error="no such shape")
    assert scene.tasks.tell(scene.task, "carol")["exception"] == "no such shape"
    assert not scene.is_online(scene.user_endpoint)
    assert len(scene.queues.bodies) == 1


def test_result_is_noted_and_passed_on_once(scene: Scene) -> None:
    scene.result("1")
    scene.result("2")
    assert scene.tasks.tell(scene.task, "carol")["result"] == "1"
    assert len(scene.queues.bodies) == 1


def test_lost_result(scene: Scene) -> None:
    scene.faults.add(LoseResult())
    scene.result("1")
    assert "result" not in scene.tasks.tell(scene.task, "carol")
    assert scene.queues.bodies == []


def test_vanished_result(scene: Scene) -> None:
    scene.faults.add(ExpireResult(function="f"))
    scene.result("1")
    assert scene.tasks.tell_many([scene.task], "carol") == {}


def test_who_waits_for_a_start_hears_of_it(scene: Scene) -> None:
    async def hear(error: str | None) -> None:
        waiting = asyncio.ensure_future(scene.starts.wait(scene.user_endpoint, 30.0))
        await asyncio.sleep(0)
        assert scene.starts.is_awaited(scene.user_endpoint)
        await scene.processor.on_heartbeat(report(scene.user_endpoint, {"error": error} if error else {}))
        await waiting

    asyncio.run(hear(None))
    with pytest.raises(StartFailed, match="broken"):
        asyncio.run(hear("broken"))
    assert not scene.starts.is_awaited(scene.user_endpoint)


def test_who_hears_nothing(scene: Scene) -> None:
    with pytest.raises(StartUnheard):
        asyncio.run(scene.starts.wait(scene.user_endpoint, 0.0))
