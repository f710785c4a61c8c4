"""Globus Compute's web service: submitting tasks."""

import asyncio
import json
import uuid
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from globus_compute_common.messagepack import pack
from globus_compute_common.messagepack.message_types import Task as TaskMessage

from cloud.compute_api import command_queue
from cloud.endpoints import Endpoint
from cloud.errors import ApiError
from cloud.faults import DeliverTwice
from cloud.functions import Function
from cloud.parts import Cloud, CloudDep, ComputeCaller
from cloud.queues import COMMANDS, HEARTBEATS, RESULTS, TASK_GROUP_PREFIX, TASK_GROUPS, TASKS
from cloud.starts import StartFailed, StartUnheard

router = APIRouter()


@dataclass(frozen=True)
class _Submission:
    """One request that was found in order."""

    owner: str
    endpoint: Endpoint
    user_endpoint: str
    group: str
    functions: dict[str, Function]
    document: dict[str, Any]

    @property
    def task_queue(self) -> str:
        return f"{self.user_endpoint}.tasks"


@router.post("/v3/endpoints/{endpoint_id}/submit")
async def submit(endpoint_id: str, request: Request, cloud: CloudDep, me: ComputeCaller) -> dict[str, Any]:
    """Takes in tasks: has the right user endpoint started, and queues them for it."""
    body = await request.body()
    if len(body) > cloud.config.limits.payload:
        raise ApiError(413, "TASK_PAYLOAD_TOO_LARGE", f"Task payload exceeds {cloud.config.limits.payload} bytes")
    submission = await _check(cloud, me, endpoint_id, json.loads(body))
    await cloud.queues.ensure(TASKS, submission.task_queue)
    await _ensure_user_endpoint(cloud, submission)
    return {
        "request_id": str(uuid.uuid4()),
        "task_group_id": submission.group,
        "endpoint_id": endpoint_id,
        "tasks": await _send_tasks(cloud, submission),
    }


async def _check(cloud: Cloud, owner: str, endpoint_id: str, document: dict[str, Any]) -> _Submission:
    endpoint = cloud.endpoints.usable(endpoint_id, owner)
    functions = {function: _permitted(cloud, owner, endpoint, function) for function in document["tasks"]}
    if not cloud.endpoints.is_online(endpoint):
        raise ApiError(409, "ENDPOINT_NOT_ONLINE", f"Endpoint {endpoint_id} is not online")
    queue = bool(document.get("create_queue"))
    group = cloud.tasks.ensure_group(document.get("task_group_id"), owner, queue=queue)
    if queue:
        await cloud.queues.ensure(TASK_GROUPS, TASK_GROUP_PREFIX + group)
    user_endpoint = cloud.endpoints.user_endpoint(
        endpoint_id, owner, document.get("user_endpoint_config") or {}, document.get("user_runtime") or {}
    )
    return _Submission(owner, endpoint, user_endpoint, group, functions, document)


def _permitted(cloud: Cloud, owner: str, endpoint: Endpoint, function_id: str) -> Function:
    function = cloud.functions.usable(function_id, owner)
    allowed = endpoint.allowed_functions
    if allowed is not None and function_id not in allowed:
        raise ApiError(403, "FUNCTION_NOT_PERMITTED", f"Function {function_id} not permitted on endpoint {endpoint.id}")
    return function


async def _start_user_endpoint(cloud: Cloud, submission: _Submission) -> None:
    """Tells the endpoint which user endpoint is needed. It does nothing if that one runs."""
    who = cloud.identities.tell(submission.owner)
    command = {
        "command": "cmd_start_endpoint",
        "args": [],
        "globus_username": who["username"],
        "globus_effective_identity": submission.owner,
        "globus_identity_set": [who],
        "kwargs": {
            "name": f"uep.{submission.endpoint.id}.{submission.user_endpoint}",
            "user_opts": submission.document.get("user_endpoint_config") or {},
            "user_runtime": submission.document.get("user_runtime") or {},
            "amqp_creds": {
                "endpoint_id": submission.user_endpoint,
                "task_queue_info": cloud.queues.reading(TASKS, submission.task_queue),
                "result_queue_info": cloud.queues.publishing(RESULTS),
                "heartbeat_queue_info": cloud.queues.publishing(HEARTBEATS),
            },
        },
    }
    body = json.dumps(command).encode()
    await cloud.queues.send(COMMANDS, command_queue(submission.endpoint.id), body, content_type="application/json")


async def _ensure_user_endpoint(cloud: Cloud, submission: _Submission) -> None:
    """Has the user endpoint started, and waits until it runs if the limits say so.

    Raises:
        ApiError: It could not start; or is not online in time; or another submission waits for it. Codes and words are
            those of the real service.
    """
    patience = cloud.config.limits.start_patience
    runs = cloud.endpoints.is_online(cloud.endpoints.get(submission.user_endpoint))
    if runs or patience == 0:
        await _start_user_endpoint(cloud, submission)
        return
    endpoint = submission.endpoint.id
    if cloud.starts.is_awaited(submission.user_endpoint):
        why = "possibly due to concurrent requests -- please try again"
        raise ApiError(409, "RESOURCE_CONFLICT", f"Endpoint {endpoint} is already in use: {why}")
    waiting = asyncio.ensure_future(cloud.starts.wait(submission.user_endpoint, patience))
    try:
        await _start_user_endpoint(cloud, submission)
        await waiting
    except StartFailed as failure:
        raise ApiError(422, "SEMANTICALLY_INVALID", f"Request payload failed validation: {failure}") from failure
    except StartUnheard as silence:
        raise ApiError(409, "ENDPOINT_NOT_ONLINE", f"Endpoint {endpoint} is not online") from silence
    finally:
        waiting.cancel()


async def _send_tasks(cloud: Cloud, submission: _Submission) -> dict[str, list[str]]:
    """Queues the tasks; returns their ids by function."""
    ids: dict[str, list[str]] = {}
    messages: list[tuple[str, bytes, dict[str, Any]]] = []
    with cloud.store.together():
        for function_id, payloads in submission.document["tasks"].items():
            for payload in payloads:
                task_id = _note(cloud, submission, function_id)
                ids.setdefault(function_id, []).append(task_id)
                copies = 2 if cloud.faults.take(DeliverTwice, function_id) else 1
                messages += [_message(submission, function_id, task_id, payload)] * copies
    try:
        sending = (cloud.queues.send(TASKS, submission.task_queue, body, headers=head) for _, body, head in messages)
        await asyncio.gather(*sending)
    except ApiError:
        for task_id, _, _ in messages:
            cloud.tasks.remove(task_id)
        raise
    return ids


def _note(cloud: Cloud, submission: _Submission, function_id: str) -> str:
    endpoint, user_endpoint = submission.endpoint.id, submission.user_endpoint
    return cloud.tasks.add(submission.group, endpoint, user_endpoint, function_id, submission.owner)


def _message(
    submission: _Submission, function_id: str, task_id: str, payload: str
) -> tuple[str, bytes, dict[str, Any]]:
    """Returns a task's id, its message and the headers of that."""
    headers: dict[str, Any] = {"function_uuid": function_id, "task_uuid": task_id}
    if specification := submission.document.get("resource_specification"):
        headers["resource_specification"] = json.dumps(specification)
    if serializers := submission.document.get("result_serializers"):
        headers["result_serializers"] = serializers
    code = submission.functions[function_id].code
    return task_id, pack(TaskMessage(task_id=uuid.UUID(task_id), task_buffer=code + payload)), headers
