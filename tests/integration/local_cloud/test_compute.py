"""The unmodified SDK and endpoint, by way of the local cloud."""

import uuid
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path

import pytest
from globus_compute_sdk import Client, Executor
from globus_compute_sdk.errors import TaskExecutionFailed
from globus_sdk import GlobusAPIError

from support.cloud import OPERATOR, POOL, LocalCloud
from support.endpoint import Endpoint
from support.sign_in import client_app

from .asking import PATIENCE, SUBMIT, ended


def test_executor(executor: Executor, cloud: LocalCloud) -> None:
    futures = [executor.submit(divmod, number, 3) for number in range(5)]

    assert [future.result(PATIENCE) for future in futures] == [divmod(number, 3) for number in range(5)]
    assert cloud.stats().count(SUBMIT) < 5, "tasks that are submitted together go in one request"


def test_source_text_and_polling(client: Client, endpoint: Endpoint, note: str, tmp_path: Path) -> None:
    task = client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note)

    assert ended(client, task)["result"] == "x"
    assert (tmp_path / "notes").read_text() == "x\n"


def test_batch_status(client: Client, endpoint: Endpoint, note: str, tmp_path: Path) -> None:
    batch = client.create_batch()
    for text in "abc":
        batch.add(note, (str(tmp_path / "notes"), text))
    tasks = client.batch_run(endpoint.id, batch)["tasks"][note]
    for task in tasks:
        ended(client, task)

    # A client that has seen nothing yet, as after a restart.
    found = Client(app=client_app(OPERATOR)).get_batch_result([*tasks, str(uuid.uuid4())])
    assert {task: status["result"] for task, status in found.items()} == dict(zip(tasks, "abc", strict=True))


def test_reload_tasks(client: Client, endpoint: Endpoint, note: str, tmp_path: Path) -> None:
    batch = client.create_batch(create_websocket_queue=True)
    batch.add(note, (str(tmp_path / "notes"), "x"))
    group = client.batch_run(endpoint.id, batch)["task_group_id"]

    with Executor(endpoint_id=endpoint.id, client=client, task_group_id=group) as later:
        assert [future.result(PATIENCE) for future in later.reload_tasks()] == ["x"]


def test_exception_of_a_function(executor: Executor) -> None:
    with pytest.raises(TaskExecutionFailed, match="ZeroDivisionError"):
        executor.submit(divmod, 1, 0).result(PATIENCE)


def test_submission_names_the_endpoint_and_status_the_user_endpoint(
    client: Client, endpoint: Endpoint, note: str, tmp_path: Path
) -> None:
    task = client.run(str(tmp_path / "notes"), "x", endpoint_id=endpoint.id, function_id=note)
    details = ended(client, task)["details"]
    status = client.get_endpoint_status(details["endpoint_id"])
    assert details["endpoint_id"] != endpoint.id
    assert status["status"] == "online"


def test_real_workers(client: Client, endpoint: Endpoint) -> None:
    with Executor(
        endpoint_id=endpoint.id, client=client, user_endpoint_config={"engine": "GlobusComputeEngine"}
    ) as executor:
        import os

        pid = executor.submit(os.getpid).result(PATIENCE)
    assert pid in [worker.pid for worker in endpoint.workers()]
    assert len(endpoint.managers()) == len(endpoint.interchanges()) == 1


def test_schema_violation_fails_the_task_of_a_submission_that_does_not_wait(
    client: Client, endpoint: Endpoint, cloud: LocalCloud
) -> None:
    cloud.change_limits(start_patience=0.0)
    with Executor(endpoint_id=endpoint.id, client=client, user_endpoint_config={"engine": "$(id)"}) as executor:
        future = executor.submit(abs, -1)
        with pytest.raises(TaskExecutionFailed, match="is not one of"):
            future.result(PATIENCE)


def test_schema_violation_refuses_a_submission_that_waits(
    client: Client, endpoint: Endpoint, cloud: LocalCloud
) -> None:
    cloud.change_limits(start_patience=30.0)
    # Not the settings of another test: an endpoint that is told to start the same again too soon does nothing.
    with Executor(endpoint_id=endpoint.id, client=client, user_endpoint_config={"lane": "$(id)"}) as executor:
        future = executor.submit(abs, -1)
        with pytest.raises(GlobusAPIError, match="is not of type") as error:
            future.result(PATIENCE)
    assert (error.value.http_status, error.value.code) == (422, "SEMANTICALLY_INVALID")


def test_submission_that_waits_for_its_user_endpoint(client: Client, endpoint: Endpoint, cloud: LocalCloud) -> None:
    cloud.change_limits(start_patience=30.0)
    batches = [client.create_batch(user_endpoint_config={"lane": 1}) for _ in range(2)]
    function = client.register_function(abs)
    for batch in batches:
        batch.add(function, (-1,))
    with ThreadPoolExecutor(2) as both:
        submitted = [both.submit(Client(app=client.app).batch_run, endpoint.id, batch) for batch in batches]
        wait(submitted)

    # Whichever comes second is told to try again: the first one's user endpoint has not yet started.
    refused, accepted = sorted(submitted, key=lambda future: future.exception() is None)
    with pytest.raises(GlobusAPIError, match="RESOURCE_CONFLICT"):
        refused.result()
    (task,) = accepted.result()["tasks"][function]
    assert ended(client, task)["result"] == 1


def test_user_endpoint_that_is_not_heard_of_in_time(client: Client, endpoint: Endpoint, cloud: LocalCloud) -> None:
    cloud.change_limits(start_patience=0.01)
    batch = client.create_batch(user_endpoint_config={"lane": 2})
    batch.add(client.register_function(abs), (-1,))
    with pytest.raises(GlobusAPIError, match="ENDPOINT_NOT_ONLINE"):
        client.batch_run(endpoint.id, batch)


def refusal(client: Client, endpoint: str, function: str, *arguments: object) -> tuple[int, str | None, str]:
    """Submits what is refused, and returns the status, the code and the message."""
    with pytest.raises(GlobusAPIError) as error:
        client.run(*arguments, endpoint_id=endpoint, function_id=function)
    return error.value.http_status, error.value.code, error.value.message or ""


def test_refusals(client: Client, endpoint: Endpoint, note: str, cloud: LocalCloud) -> None:
    nothing = str(uuid.uuid4())
    stranger = Client(app=client_app(POOL))
    offline = client.register_endpoint("offline", None, allowed_functions=[note])["endpoint_id"]
    allowed = client.register_function(abs)

    assert refusal(client, endpoint.id, nothing)[:2] == (404, "FUNCTION_NOT_FOUND")
    assert refusal(client, nothing, note)[:2] == (404, "ENDPOINT_NOT_FOUND")
    assert refusal(stranger, endpoint.id, note)[:2] == (403, "ENDPOINT_ACCESS_FORBIDDEN")
    assert refusal(client, offline, note)[:2] == (409, "ENDPOINT_NOT_ONLINE")
    assert refusal(client, endpoint.id, note, "x" * cloud.config.limits.payload)[:2] == (413, "TASK_PAYLOAD_TOO_LARGE")
    assert refusal(client, offline, allowed) == (
        403, "FUNCTION_NOT_PERMITTED", f"Function {allowed} not permitted on endpoint {offline}",
    )  # fmt: skip


def test_wrong_resource_server(cloud: LocalCloud) -> None:
    app = client_app()
    app.add_scope_requirements({"transfer.api.globus.org": ["urn:globus:auth:scope:transfer.api.globus.org:all"]})
    authorizer = app.get_authorizer("transfer.api.globus.org")
    with pytest.raises(GlobusAPIError) as error:
        Client(authorizer=authorizer).get_endpoints()
    assert error.value.http_status == 403


def test_rate_limit(client: Client, cloud: LocalCloud) -> None:
    cloud.change_limits(rate_limited=True, requests=3, window=2)
    for _ in range(5):
        client.get_endpoints()  # the SDK waits as it is told, and asks again
    assert cloud.stats().requests["GET /v2/endpoints"] == {"200": 5, "429": 1}
