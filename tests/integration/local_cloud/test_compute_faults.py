"""What the SDK makes of bad days, as the local cloud can order them."""

import uuid
from pathlib import Path

import pytest
from globus_compute_sdk import Client
from globus_sdk import GlobusAPIError

from support.cli import until
from support.cloud import OPERATOR, LocalCloud
from support.endpoint import Endpoint
from support.sign_in import client_app

from .asking import SUBMIT, ended


def fresh() -> Client:
    """A client that has seen nothing yet, as after a restart."""
    return Client(app=client_app(OPERATOR))


def test_token_expires(client: Client, cloud: LocalCloud) -> None:
    client.get_endpoints()
    cloud.faults.expire_tokens()
    client.get_endpoints()
    assert cloud.stats().requests["GET /v2/endpoints"] == {"200": 2, "401": 1}


def test_502_before_the_work_is_harmless(
    client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud, tmp_path: Path
) -> None:
    cloud.faults.answer("/v3/endpoints/*/submit", 502)
    ended(client, client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note))
    assert cloud.stats().requests[SUBMIT] == {"200": 1, "502": 1}
    assert (tmp_path / "notes").read_text() == "x\n"


def test_502_after_the_work_makes_the_task_run_twice(
    client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    cloud.faults.answer("/v3/endpoints/*/submit", 502, after=True)
    ended(client, client.run(str(notes), "x", endpoint_id=endpoint.id, function_id=note))
    until(lambda: notes.read_text() == "x\nx\n", "the second run")


def test_dropped_connection_after_the_work_makes_the_task_run_twice(
    client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud, tmp_path: Path
) -> None:
    notes = tmp_path / "notes"
    cloud.faults.drop("/v3/endpoints/*/submit", after=True)
    ended(client, client.run(str(notes), "x", endpoint_id=endpoint.id, function_id=note))
    until(lambda: notes.read_text() == "x\nx\n", "the second run")
    assert cloud.stats().requests[SUBMIT] == {"0": 1, "200": 1}


def test_delay(client: Client, cloud: LocalCloud) -> None:
    cloud.faults.delay("/v2/endpoints", 0.2, times=None)
    client.get_endpoints()
    assert cloud.faults.pending()[0]["remaining"] is None


def test_delivered_twice(client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    cloud.faults.deliver_twice(note)
    task = client.run(str(notes), "x", endpoint_id=endpoint.id, function_id=note)
    assert ended(client, task)["result"] == "x"
    until(lambda: notes.read_text() == "x\nx\n", "the second delivery")


def test_result_lost(client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud, tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    cloud.faults.lose_results(note)
    lost = client.run(str(notes), "lost", endpoint_id=endpoint.id, function_id=note)
    until(lambda: not cloud.faults.pending(), "the loss of the result")
    assert notes.read_text() == "lost\n"
    assert client.get_task(lost)["pending"]


def test_result_vanishes(client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud, tmp_path: Path) -> None:
    cloud.faults.expire_results(note)
    gone = client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note)
    until(lambda: not cloud.faults.pending(), "the end of the task")
    with pytest.raises(GlobusAPIError, match="TASK_NOT_FOUND"):
        client.get_task(gone)
    assert client.get_batch_result([gone]) == {}


def test_result_expires(client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud, tmp_path: Path) -> None:
    task = client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note)
    ended(client, task)
    cloud.change_limits(result_life=0.0)
    assert fresh().get_batch_result([task]) == {}
    cloud.change_limits(expired_tasks_known=True)
    told = fresh().get_task(task)
    assert (told["pending"], told["status"], "result" in told) == (False, "success", False)


def test_unknown_task_group_is_refused(client: Client, endpoint: Endpoint, note: str) -> None:
    batch = client.create_batch(task_group_id=uuid.uuid4())
    batch.add(note, ("/nowhere", "x"))
    with pytest.raises(GlobusAPIError, match="TASK_GROUP_NOT_FOUND"):
        client.batch_run(endpoint.id, batch)
