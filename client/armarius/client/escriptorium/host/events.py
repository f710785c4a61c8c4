"""What the pages hear by their websocket."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class Room:
    """The page on which a training is watched.

    Attributes:
        name: Of its kind.
        pk: Of the document or the collection.
    """

    name: Literal["document", "collection"]
    pk: int


def start(room: Room, model: int) -> None:
    """The training has begun."""
    _send(room, "start", {"id": model})


def gathering(room: Room, model: int, percent: int) -> None:
    """How much of the pages is packed and sent: a progress bar that eScriptorium itself never fills."""
    _send(room, "gathering", {"id": model, "index": percent, "total": 100})


def evaluated(room: Room, model: int, *, versions: list[Any], epoch: int, accuracy: float) -> None:
    """An epoch has ended.

    Args:
        room: Where it is watched.
        model: Primary key of the OcrModel.
        versions: All that the page may offer for download.
        epoch: Its number.
        accuracy: From 0 to 1.
    """
    _send(room, "eval", {"id": model, "versions": versions, "epoch": epoch, "accuracy": accuracy})


def error(room: Room, model: int, reason: str) -> None:
    """The training has failed."""
    _send(room, "error", {"id": model, "reason": reason})


def done(room: Room, model: int) -> None:
    """The training has ended, well or not."""
    _send(room, "done", {"id": model})


def pages(room: Room, parts: list[int], task: str, status: str, task_id: str) -> None:
    """Tells each page of a document what became of its process, as eScriptorium does when a task ends."""
    from users.consumers import send_event

    if room.name != "document":  # of a collection's pages eScriptorium tells nothing
        return

    for part in parts:
        told = {"id": part, "process": task.rpartition(".")[2], "status": status, "task_id": task_id, "data": {}}
        send_event(room.name, room.pk, "part:workflow", told)


def page(document: int, part: int, process: str, status: str, task_id: str) -> None:
    """Tells what became of a page that was segmented or transcribed, as the body of its task does.

    Args:
        document: Primary key of its document.
        part: Its own.
        process: "segment" or "transcribe".
        status: "done", or "canceled" of one that failed.
        task_id: Of its task.
    """
    from users.consumers import send_event

    told = {"id": part, "process": process, "status": status, "task_id": task_id}
    send_event("document", document, "part:workflow", told)


def task_over(documents: Mapping[int, int], process: str, status: str, task_id: str) -> None:
    """Tells each page of a task how that ended, as eScriptorium does after its body.

    Args:
        documents: Of the documents of the pages, by those of the pages: primary keys.
        process: "segment" or "transcribe".
        status: "done" or "error"; "ongoing" when it begins.
        task_id: Of the task.
    """
    for part, document in documents.items():
        pages(Room("document", document), [part], process, status, task_id)


def _send(room: Room, name: str, data: dict[str, Any]) -> None:
    from users.consumers import send_event

    send_event(room.name, room.pk, f"training:{name}", data)
