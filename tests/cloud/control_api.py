"""The control door: what tests tell and ask the cloud. Not part of the real services."""

from typing import Annotated, Any

from fastapi import APIRouter, Body

from cloud.config import Collection, Limits
from cloud.faults import ExpireTokens, Fault, RevokeConsents
from cloud.parts import CloudDep

router = APIRouter()


@router.get("/_health")
async def health() -> dict[str, str]:
    """Answers when the cloud is ready."""
    return {"status": "ready"}


@router.post("/_faults")
async def add_fault(cloud: CloudDep, fault: Annotated[Fault, Body()]) -> dict[str, str]:
    """Orders a fault."""
    if isinstance(fault, ExpireTokens):
        cloud.tokens.expire_all(fault.identity)
        return {"id": ""}
    if isinstance(fault, RevokeConsents):
        cloud.tokens.revoke_all(fault.identity)
        return {"id": ""}
    fault_id = cloud.faults.add(fault)
    cloud.workers.wake()
    return {"id": fault_id}


@router.get("/_faults")
async def list_faults(cloud: CloudDep) -> list[dict[str, Any]]:
    """Tells the faults that are still to happen."""
    return cloud.faults.tell()


@router.delete("/_faults")
async def remove_faults(cloud: CloudDep) -> dict[str, str]:
    """Takes back all faults."""
    cloud.faults.remove()
    cloud.workers.wake()
    return {"status": "removed"}


@router.delete("/_faults/{fault_id}")
async def remove_fault(fault_id: str, cloud: CloudDep) -> dict[str, str]:
    """Takes back one fault."""
    cloud.faults.remove(fault_id)
    cloud.workers.wake()
    return {"status": "removed"}


@router.get("/_stats")
async def stats(cloud: CloudDep) -> dict[str, Any]:
    """Tells how often each route was asked (and what was answered), and how many bytes each transfer has moved."""
    transfers = {task.id: task.progress.bytes_transferred for task in cloud.transfers.all()}
    return {"requests": cloud.requests.tell(), "transfers": transfers}


@router.delete("/_stats")
async def forget_stats(cloud: CloudDep) -> dict[str, str]:
    """Counts requests from zero again."""
    cloud.requests.forget()
    return {"status": "forgotten"}


@router.get("/_endpoints/{endpoint_id}")
async def endpoint(endpoint_id: str, cloud: CloudDep) -> dict[str, Any]:
    """Tells when an endpoint, or user endpoint, last reported (seconds of the epoch), and whether it is online."""
    found = cloud.endpoints.get(endpoint_id)
    return {"last_heartbeat": found.last_heartbeat, "online": cloud.endpoints.is_online(found), "parent": found.parent}


@router.patch("/_limits")
async def change_limits(cloud: CloudDep, figures: Annotated[dict[str, Any], Body()]) -> Limits:
    """Changes some limits, until the web process ends; returns all."""
    changed = Limits.model_validate({**cloud.config.limits.model_dump(), **figures})
    for name in figures:
        setattr(cloud.config.limits, name, getattr(changed, name))
    return cloud.config.limits


@router.post("/_collections")
async def add_collection(cloud: CloudDep, collection: Annotated[Collection, Body()]) -> dict[str, str]:
    """Adds a collection."""
    return {"id": cloud.collections.add(collection)}
