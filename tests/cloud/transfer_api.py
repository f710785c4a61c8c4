"""Globus Transfer's web service."""

import uuid
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Body

from cloud.errors import ApiError
from cloud.parts import Cloud, CloudDep, TransferCaller
from cloud.storage import list_folder, tell_collection, tell_file
from cloud.transfers import now

router = APIRouter(prefix="/v0.10")

JSON = dict[str, Any]
JSONBody = Body()


def _request_id() -> str:
    return uuid.uuid4().hex[:9]


def _many(kind: str, entries: list[JSON], limit: int, offset: int) -> JSON:
    """One page of a list."""
    page = entries[offset : offset + limit]
    return {
        "DATA_TYPE": kind,
        "DATA": page,
        "length": len(page),
        "limit": limit,
        "offset": offset,
        "total": len(entries),
        "next_marker": None,
    }


@router.get("/submission_id")
async def submission_id(me: TransferCaller) -> JSON:
    """Gives an id under which a task can be submitted any number of times and be made once."""
    return {"DATA_TYPE": "submission_id", "value": str(uuid.uuid4())}


def _submit(cloud: Cloud, owner: str, kind: str, document: JSON) -> JSON:
    if not document.get("DATA"):
        name = kind.capitalize()
        raise ApiError(400, f"ClientError.BadRequest.No{name}Items", f"A {kind} requires at least one item")
    submission = document.get("submission_id")
    if not submission:
        raise ApiError(400, "ClientError.BadRequest", "submission_id is missing")
    for field in ("source_endpoint", "destination_endpoint") if kind == "transfer" else ("endpoint",):
        cloud.collections.get(document[field])
    task_id, new = cloud.transfers.submit(owner, submission, {**document, "DATA_TYPE": kind})
    cloud.workers.wake()
    return {
        "DATA_TYPE": f"{kind}_result",
        "code": "Accepted" if new else "Duplicate",
        "message": f"The {kind} has been accepted and a task has been created and queued for execution"
        if new
        else "A task with this submission id has been accepted before",
        "request_id": _request_id(),
        "resource": f"/v0.10/{kind}",
        "submission_id": submission,
        "task_id": task_id,
        "task_link": {
            "DATA_TYPE": "link",
            "href": f"/v0.10/task/{task_id}?format=json",
            "rel": "related",
            "resource": "task",
            "title": "related task",
        },
    }


@router.post("/transfer")
async def submit_transfer(cloud: CloudDep, me: TransferCaller, document: JSON = JSONBody) -> JSON:
    """Takes in a transfer."""
    return _submit(cloud, me, "transfer", document)


@router.post("/delete")
async def submit_delete(cloud: CloudDep, me: TransferCaller, document: JSON = JSONBody) -> JSON:
    """Takes in a deletion."""
    return _submit(cloud, me, "delete", document)


@router.get("/task/{task_id}")
async def get_task(task_id: str, cloud: CloudDep, me: TransferCaller) -> JSON:
    """Tells how far a task is."""
    return cloud.transfers.get(task_id, me).tell()


@router.get("/task_list")
async def task_list(cloud: CloudDep, me: TransferCaller, limit: int = 10, offset: int = 0, filter: str = "") -> JSON:
    """Tells the tasks of who asks. Of the filters, ``status:A,B`` and ``label:TEXT`` are understood."""
    wanted = dict(part.split(":", 1) for part in filter.split("/") if ":" in part)
    tasks = [task.tell() for task in cloud.transfers.all(me)]
    statuses, label = wanted.get("status"), wanted.get("label")
    chosen = [
        task
        for task in tasks
        if (statuses is None or task["status"] in statuses.split(",")) and (label is None or task["label"] == label)
    ]
    return _many("task_list", chosen, limit, offset)


@router.post("/task/{task_id}/cancel")
async def cancel_task(task_id: str, cloud: CloudDep, me: TransferCaller) -> JSON:
    """Ends a task."""
    active = cloud.transfers.get(task_id, me).status == "ACTIVE"
    if active:
        cloud.transfers.cancel(task_id)
        cloud.workers.wake()
    return {
        "DATA_TYPE": "result",
        "code": "CancelAccepted" if active else "TaskComplete",
        "message": "The task will be cancelled." if active else "The task was complete before it could be cancelled.",
        "request_id": _request_id(),
        "resource": f"/task/{task_id}/cancel",
    }


@router.get("/task/{task_id}/event_list")
async def event_list(task_id: str, cloud: CloudDep, me: TransferCaller, limit: int = 10, offset: int = 0) -> JSON:
    """Tells what has happened to a task, the newest first."""
    events = cloud.transfers.get(task_id, me).progress.events
    return _many("event_list", events[::-1], limit, offset)


@router.get("/task/{task_id}/successful_transfers")
async def successful_transfers(
    task_id: str, cloud: CloudDep, me: TransferCaller, limit: int = 1000, offset: int = 0
) -> JSON:
    """Tells the files that a task has copied."""
    return _many("successful_transfers", cloud.transfers.get(task_id, me).progress.successful, limit, offset)


@router.get("/task/{task_id}/skipped_errors")
async def skipped_errors(task_id: str, cloud: CloudDep, me: TransferCaller, limit: int = 1000, offset: int = 0) -> JSON:
    """Tells the files that a task has left out."""
    return _many("skipped_errors", cloud.transfers.get(task_id, me).progress.skipped, limit, offset)


@router.get("/task/{task_id}/pause_info")
async def pause_info(task_id: str, cloud: CloudDep, me: TransferCaller) -> JSON:
    """Tells why a task is paused."""
    progress = cloud.transfers.get(task_id, me).progress
    message = progress.nice_status_details if progress.is_paused else None
    rule = {
        "DATA_TYPE": "pause_rule_limited",
        "id": str(uuid.uuid5(uuid.UUID(task_id), "pause")),
        "message": message,
        "start_time": now(),
        "modified_time": now(),
    }
    return {
        "DATA_TYPE": "pause_info_limited",
        "pause_rules": [rule] if progress.is_paused else [],
        "source_pause_message": message,
        "destination_pause_message": None,
        "source_pause_message_share": None,
        "destination_pause_message_share": None,
    }


@router.get("/endpoint/{collection_id}")
async def get_collection(collection_id: str, cloud: CloudDep, me: TransferCaller) -> JSON:
    """Tells what is known of a collection."""
    return tell_collection(collection_id, cloud.collections.get(collection_id))


def _there(cloud: Cloud, collection_id: str, path: str) -> Path:
    found = cloud.collections.locate(collection_id, path)
    if not found.exists():
        raise ApiError(
            404,
            "ClientError.NotFound",
            f"Path not found, Error (list)\nEndpoint: {collection_id}\nDetails: '{path}' not found",
        )
    return found


@router.get("/operation/endpoint/{collection_id}/ls")
async def ls(collection_id: str, cloud: CloudDep, me: TransferCaller, path: str = "/") -> JSON:
    """Lists a folder."""
    folder = _there(cloud, collection_id, path)
    if not folder.is_dir():
        raise ApiError(400, "ExternalError.DirListingFailed.NotDirectory", f"'{path}' is not a directory")
    entries = _many("file_list", list_folder(folder), 100_000, 0)
    return {**entries, "endpoint": collection_id, "path": path, "absolute_path": path}


@router.get("/operation/endpoint/{collection_id}/stat")
async def stat(collection_id: str, cloud: CloudDep, me: TransferCaller, path: str) -> JSON:
    """Tells what is known of a file."""
    found = _there(cloud, collection_id, path)
    return tell_file(found, found.name)


@router.post("/operation/endpoint/{collection_id}/mkdir")
async def mkdir(collection_id: str, cloud: CloudDep, me: TransferCaller, document: JSON = JSONBody) -> JSON:
    """Makes a folder."""
    folder = cloud.collections.locate(collection_id, document["path"])
    if folder.exists():
        raise ApiError(502, "ExternalError.MkdirFailed.Exists", f"Path already exists: {document['path']}")
    _there(cloud, collection_id, str(Path(document["path"]).parent))
    folder.mkdir()
    return {
        "DATA_TYPE": "mkdir_result",
        "code": "DirectoryCreated",
        "message": "The directory was created successfully",
        "request_id": _request_id(),
        "resource": f"/v0.10/operation/endpoint/{collection_id}/mkdir",
    }


@router.post("/operation/endpoint/{collection_id}/rename")
async def rename(collection_id: str, cloud: CloudDep, me: TransferCaller, document: JSON = JSONBody) -> JSON:
    """Renames a file or folder."""
    old = _there(cloud, collection_id, document["old_path"])
    old.rename(cloud.collections.locate(collection_id, document["new_path"]))
    return {
        "DATA_TYPE": "result",
        "code": "FileRenamed",
        "message": "File or directory renamed successfully",
        "request_id": _request_id(),
        "resource": f"/v0.10/operation/endpoint/{collection_id}/rename",
    }
