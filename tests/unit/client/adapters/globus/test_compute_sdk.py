"""What touches the SDK: nothing but JSON is opened, and lines end when they are told to."""

import gc
import pickle
import random
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
from globus_compute_sdk import Client, Executor
from globus_compute_sdk.errors import DeserializationError
from globus_compute_sdk.sdk.executor import _ResultWatcher
from globus_compute_sdk.serialize import ComputeSerializer, JSONData, SerializationStrategy
from globus_sdk import ClientApp, ComputeClientV2, ComputeClientV3, GlobusAppConfig
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.adapters.globus.compute import sdk
from armarius.client.adapters.globus.compute.allowance import REQUESTS, WINDOW_SECONDS, Allowance
from armarius.client.adapters.globus.compute.tasks import Told
from armarius.client.adapters.globus.compute.views import JSON_MARK
from support.cli import until
from support.globus_bench import ENDPOINT, function_id

PROGRESS = function_id("progress")

# The SDK leaves pika's sockets to the collector, which may come at any moment, in any thread.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")


class Mine:
    """What opening it would do, a test would see."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        return Path.touch, (self.path,)


@pytest.fixture
def app() -> Iterator[ClientApp]:
    with ClientApp(
        "test", client_id=str(uuid.uuid4()), client_secret="x", config=GlobusAppConfig(token_storage="memory")
    ) as made:
        yield made


@pytest.fixture
def reply(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Any], None]]:
    """What the service answers to a submission over a line: as the function says. The broker is nowhere."""

    def set_reply(answer: Callable[[], dict[str, Any]]) -> None:
        monkeypatch.setattr(sdk._LineClient, "batch_run", lambda *_: answer())

    nowhere = {"queue_prefix": "", "connection_url": "amqp://guest:guest@127.0.0.1:1/"}
    monkeypatch.setattr(sdk._LineClient, "get_result_amqp_url", lambda _self: nowhere)
    monkeypatch.setattr(random, "uniform", lambda _low, _high: 0.05)  # the SDK's pause between two tries
    before = set(threading.enumerate())
    yield set_reply
    until(lambda: not (set(threading.enumerate()) - before), "the end of all threads")
    gc.collect()  # while what the collector finds is still nobody's business: see pytestmark


def accepted() -> dict[str, Any]:
    return {
        "tasks": {str(PROGRESS): [str(uuid.uuid4())]},
        "task_group_id": str(uuid.uuid4()),
        "request_id": str(uuid.uuid4()),
        "endpoint_id": str(ENDPOINT),
    }


def line(app: ClientApp) -> sdk.ExecutorLine:
    return sdk.ExecutorLine(app, ENDPOINT, {"role": "control"}, Allowance())


# JSON alone --------------------------------------------------------------------------------------------------------


def strategies() -> list[SerializationStrategy]:
    return list(SerializationStrategy._CACHE.values())


@pytest.mark.parametrize("strategy", strategies(), ids=lambda each: type(each).__name__)
def test_nothing_but_json_is_opened(strategy: SerializationStrategy) -> None:
    if isinstance(strategy, JSONData):
        assert sdk.JSONOnly().deserialize(strategy.serialize({"a": 1})) == {"a": 1}
        return
    with pytest.raises(DeserializationError):
        sdk.JSONOnly().deserialize(f"{strategy.identifier}anything")


def test_a_pickle_does_not_come_to_life(tmp_path: Path) -> None:
    mark = tmp_path / "opened"
    pickled = ComputeSerializer().serialize(Mine(mark))
    with pytest.raises(DeserializationError, match="never opened"):
        sdk.JSONOnly().deserialize(pickled)
    assert not mark.exists()
    pickle.loads(pickle.dumps(Mine(mark)))
    assert mark.exists()  # it would have


def test_json_is_known_by_its_mark() -> None:
    assert JSONData.identifier == JSON_MARK
    assert sdk.JSONOnly().serialize(({"a": 1},)) == JSON_MARK + '[{"a": 1}]'


# Lines -------------------------------------------------------------------------------------------------------------


def test_what_is_overridden_is_still_there() -> None:
    assert callable(Executor._get_result_watcher)
    assert callable(Client._log_version_mismatch)
    assert isinstance(Executor.task_group_id, property)
    assert "poll_period_s" in signature(_ResultWatcher).parameters


def test_a_refused_submission_ends_the_line(app: ClientApp, reply: Callable[[Any], None]) -> None:
    def refuse() -> dict[str, Any]:
        raise ConnectionError("no route")

    reply(refuse)
    made = line(app)
    with pytest.raises(ConnectionError, match="no route"):
        made.send(PROGRESS, {}).result(10)
    made.hang_up()
    made.hang_up()


def test_hanging_up_does_not_wait_for_an_answer_that_never_comes(app: ClientApp, reply: Callable[[Any], None]) -> None:
    reply(accepted)
    made = line(app)
    future = made.send(PROGRESS, {})
    until(lambda: made._watcher is not None and bool(made._watcher.get_open_futures()), "the wait for the answer")
    made.hang_up()
    until(future.done, "the end of the wait")


def test_hanging_up_does_not_wait_for_a_submission_under_way(app: ClientApp, reply: Callable[[Any], None]) -> None:
    begun, free = threading.Event(), threading.Event()

    def slow() -> dict[str, Any]:
        begun.set()
        assert free.wait(30)
        return accepted()

    reply(slow)
    made = line(app)
    made.send(PROGRESS, {})
    assert begun.wait(30)
    made.hang_up()
    free.set()
    until(lambda: not made._task_submitter.is_alive(), "the end of the line")
    assert made._watcher is None


def test_two_lines_have_nothing_in_common(
    app: ClientApp, reply: Callable[[Any], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Executor, "_default_task_group_id", None)  # an Executor of another test may have left its own
    reply(accepted)
    one, other = line(app), line(app)
    for each in (one, other):
        each.send(PROGRESS, {})
    until(lambda: bool(one._watcher and other._watcher), "two waits for an answer")
    assert one.task_group_id != other.task_group_id
    assert Executor._default_task_group_id is None, "nor has anybody else's"
    third = line(app)
    assert third.task_group_id is None
    for each in (one, other, third):
        each.hang_up()


# The service -------------------------------------------------------------------------------------------------------


def test_submits_json_and_asks_for_json(app: ClientApp, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(ComputeClientV3, "submit", lambda _self, *given: sent.append(given) or accepted())
    service = sdk.ComputeService(app)
    assert uuid.UUID(service.submit(ENDPOINT, {"role": "batch", "shape": "cpu4"}, PROGRESS, {"ſ": "ü"}))
    [(endpoint, document)] = sent
    assert endpoint == ENDPOINT
    assert document["user_endpoint_config"] == {"role": "batch", "shape": "cpu4"}
    assert document["result_serializers"] == ["globus_compute_sdk.serialize.concretes.JSONData"]
    assert document["create_queue"] is False
    [packed] = document["tasks"][str(PROGRESS)]
    arguments, keywords = ComputeSerializer.unpack_buffers(packed)
    assert sdk.JSONOnly().deserialize(arguments) == [{"ſ": "ü"}]
    assert sdk.JSONOnly().deserialize(keywords) == {}


def test_tells_tasks_without_opening_their_results(app: ClientApp, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {
        "a": {"status": "success", "result": "00\nx"},
        "b": {"status": "FAILED", "exception": "y"},
        "c": None,
        "d": {},
    }
    monkeypatch.setattr(
        ComputeClientV2, "get_task_batch", lambda _self, asked: {"results": {k: known[k] for k in asked}}
    )
    told = sdk.ComputeService(app).tell(["b", "a", "c", "d"])
    assert told == {"a": Told("success", "00\nx"), "b": Told("failed", None, "y")}


# Requests in time --------------------------------------------------------------------------------------------------


@given(st.lists(st.floats(0, 5), max_size=100))
def test_never_more_requests_than_the_service_takes(pauses: list[float]) -> None:
    now = 0.0
    sent: list[float] = []

    def wait(seconds: float) -> None:
        nonlocal now
        now += seconds

    allowance = Allowance(lambda: now, wait)
    for pause in pauses:
        now += pause
        before = now
        allowance.take()
        sent.append(now)
        if len([at for at in sent[:-1] if at > before - WINDOW_SECONDS]) < REQUESTS:
            assert now == before  # nobody waits without need
    for first, last in zip(sent, sent[REQUESTS:], strict=False):
        assert last - first >= WINDOW_SECONDS - 1e-6


def test_the_allowance_holds_between_threads() -> None:
    taken: list[float] = []
    allowance = Allowance(time.monotonic, lambda _seconds: taken.append(0))
    threads = [threading.Thread(target=allowance.take) for _ in range(REQUESTS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert not taken
