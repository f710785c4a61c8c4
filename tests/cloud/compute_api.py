"""Globus Compute's web service: endpoints, functions, and what became of tasks. Submitting is in submit_api.py."""

from datetime import datetime, timezone
from typing import Any

from fastapi import APIRouter, Body

from cloud.parts import Cloud, CloudDep, ComputeCaller
from cloud.queues import COMMANDS, HEARTBEATS, TASK_GROUP_PREFIX

router = APIRouter()

JSON = dict[str, Any]
JSONBody = Body()

_API_VERSION = "1.50.0"
_OLDEST_CLIENT = "2.0.0"


@router.get("/v2/version", response_model=None)
async def version(service: str = "") -> JSON | str:
    """Tells which clients are too old."""
    if not service:
        return _API_VERSION
    return {
        "api": _API_VERSION,
        "min_sdk_version": _OLDEST_CLIENT,
        "min_ep_version": _OLDEST_CLIENT,
        "min_endpoint_version": _OLDEST_CLIENT,
        "git_sha": "0" * 40,
    }


@router.get("/v2/get_amqp_result_connection_url")
async def result_queue(cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Tells where the SDK can wait for results."""
    return {"queue_prefix": TASK_GROUP_PREFIX, "connection_url": cloud.queues.url}


async def _register(cloud: Cloud, endpoint_id: str | None, owner: str, document: JSON) -> JSON:
    endpoint_id = cloud.endpoints.register(endpoint_id, owner, document)
    commands = command_queue(endpoint_id)
    await cloud.queues.ensure(COMMANDS, commands)
    return {
        "endpoint_id": endpoint_id,
        "command_queue_info": cloud.queues.reading(COMMANDS, commands),
        "heartbeat_queue_info": cloud.queues.publishing(HEARTBEATS),
    }


def command_queue(endpoint_id: str) -> str:
    """Names the queue on which an endpoint is told to start user endpoints."""
    return f"{endpoint_id}.commands"


@router.post("/v3/endpoints")
async def register_endpoint(cloud: CloudDep, me: ComputeCaller, document: JSON = JSONBody) -> JSON:
    """Registers a new endpoint."""
    return await _register(cloud, None, me, document)


@router.put("/v3/endpoints/{endpoint_id}")
async def update_endpoint(endpoint_id: str, cloud: CloudDep, me: ComputeCaller, document: JSON = JSONBody) -> JSON:
    """Registers an endpoint again, as it does whenever it starts."""
    return await _register(cloud, endpoint_id, me, document)


@router.get("/v2/endpoints")
async def list_endpoints(cloud: CloudDep, me: ComputeCaller, role: str = "owner") -> list[JSON]:
    """Tells the endpoints of who asks, or (``role=any``) all that they may use."""
    if role == "owner":
        return [endpoint.tell() for endpoint in cloud.endpoints.all(me)]
    return [
        endpoint.tell() for endpoint in cloud.endpoints.all() if endpoint.owner == me or endpoint.document.get("public")
    ]


@router.get("/v2/endpoints/{endpoint_id}")
async def get_endpoint(endpoint_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Tells what is known of an endpoint."""
    return cloud.endpoints.get(endpoint_id).tell()


@router.get("/v2/endpoints/{endpoint_id}/status")
async def endpoint_status(endpoint_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Tells whether an endpoint, or a user endpoint, is online, and what it last reported."""
    endpoint = cloud.endpoints.get(endpoint_id)
    return {"status": "online" if cloud.endpoints.is_online(endpoint) else "offline", "details": endpoint.state}


@router.delete("/v2/endpoints/{endpoint_id}")
async def delete_endpoint(endpoint_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Forgets an endpoint."""
    cloud.endpoints.delete(cloud.endpoints.owned(endpoint_id, me).id)
    return {"result": 302}


@router.post("/v3/endpoints/{endpoint_id}/lock")
async def lock_endpoint(endpoint_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Keeps an endpoint from starting for a minute."""
    until = datetime.fromtimestamp(cloud.endpoints.lock(cloud.endpoints.owned(endpoint_id, me).id), timezone.utc)
    return {"endpoint_id": endpoint_id, "lock_expiration_timestamp": until.replace(tzinfo=None).isoformat()}


@router.get("/v3/endpoints/{endpoint_id}/allowed_functions")
async def allowed_functions(endpoint_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Tells the allow-list of an endpoint."""
    allowed = cloud.endpoints.get(endpoint_id).allowed_functions
    return {"endpoint_id": endpoint_id, "restricted": allowed is not None, "functions": allowed or []}


@router.post("/v3/functions")
async def register_function(cloud: CloudDep, me: ComputeCaller, document: JSON = JSONBody) -> JSON:
    """Registers a function."""
    return {"function_uuid": cloud.functions.register(me, document)}


@router.get("/v2/functions/{function_id}")
async def get_function(function_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Tells what is known of a function."""
    document = dict(cloud.functions.usable(function_id, me).document)
    return {"function_uuid": function_id, "metadata": document.pop("meta", None), **document}


@router.delete("/v2/functions/{function_id}")
async def delete_function(function_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Forgets a function."""
    cloud.functions.delete(function_id, me)
    return {"result": 302}


@router.get("/v2/tasks/{task_id}")
async def get_task(task_id: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Tells what became of a task."""
    return cloud.tasks.tell(task_id, me)


@router.post("/v2/batch_status")
async def batch_status(cloud: CloudDep, me: ComputeCaller, document: JSON = JSONBody) -> JSON:
    """Tells what became of many tasks."""
    return {"response": "batch", "results": cloud.tasks.tell_many(document["task_ids"], me)}


@router.get("/v2/taskgroup/{group}")
async def task_group(group: str, cloud: CloudDep, me: ComputeCaller) -> JSON:
    """Tells the tasks of a group."""
    return cloud.tasks.tell_group(group, me)
