"""Tasks of Globus Transfer: what was ordered, and how far it is."""

import json
import sqlite3
import time
import uuid
from datetime import datetime, timedelta, timezone
from typing import Any, Literal

from pydantic import BaseModel, Field

from cloud.config import Limits
from cloud.errors import ApiError
from cloud.store import Store

Status = Literal["ACTIVE", "SUCCEEDED", "FAILED"]
_LIFE = timedelta(hours=24)
"""Of a task that names no deadline."""


def now() -> str:
    """Returns the time as Transfer writes it."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds")


class Progress(BaseModel):
    """How far a transfer is. Its fields are those of the task document; the last three have calls of their own."""

    completion_time: str | None = None
    files: int = 0
    directories: int = 0
    files_transferred: int = 0
    files_skipped: int = 0
    bytes_transferred: int = 0
    bytes_checksummed: int = 0
    faults: int = 0
    subtasks_total: int = 0
    subtasks_succeeded: int = 0
    subtasks_failed: int = 0
    subtasks_canceled: int = 0
    subtasks_expired: int = 0
    subtasks_skipped_errors: int = 0
    is_paused: bool = False
    is_ok: bool | None = True
    nice_status: str | None = "Queued"
    nice_status_short_description: str | None = "Queued"
    nice_status_details: str | None = None
    fatal_error: dict[str, str] | None = None
    events: list[dict[str, Any]] = Field(default_factory=list)
    successful: list[dict[str, Any]] = Field(default_factory=list)
    skipped: list[dict[str, Any]] = Field(default_factory=list)

    def be_well(self) -> None:
        """Says that it goes on."""
        self.is_paused, self.is_ok = False, True
        self.nice_status, self.nice_status_short_description, self.nice_status_details = "OK", "OK", None

    def be_paused(self, message: str) -> None:
        """Says that it is paused, and why."""
        self.is_paused, self.is_ok = True, False
        self.nice_status, self.nice_status_short_description = "PAUSED", "paused"
        self.nice_status_details = message

    def be_troubled(self, code: str, description: str) -> None:
        """Says that something went wrong which may still pass."""
        self.is_ok, self.faults = False, self.faults + 1
        self.nice_status, self.nice_status_short_description = code, code.replace("_", " ").lower()
        self.nice_status_details = description
        self.log(code, description, is_error=True)

    def end(self, error: dict[str, str] | None) -> None:
        """Says that it is over."""
        self.completion_time, self.fatal_error = now(), error
        self.is_paused, self.is_ok = False, None
        self.nice_status = self.nice_status_short_description = self.nice_status_details = None
        unfinished = self.subtasks_total - self.subtasks_succeeded - self.subtasks_skipped_errors
        if error is not None and error["code"] == "CANCELED":
            self.subtasks_canceled = unfinished
        elif error is not None:
            self.subtasks_failed = unfinished
        self.log(error["code"] if error else "SUCCEEDED", error["description"] if error else "succeeded",
                 is_error=error is not None)  # fmt: skip

    def log(self, code: str, description: str, *, is_error: bool = False) -> None:
        """Adds an event."""
        event = {
            "DATA_TYPE": "event",
            "code": code,
            "description": code.replace("_", " ").lower(),
            "details": description,
            "is_error": is_error,
            "parent_task_id": None,
            "time": now(),
        }
        self.events.append(event)


class Transfer(BaseModel):
    """One task of Transfer.

    Attributes:
        id: Its UUID.
        owner: Who ordered it.
        document: As ordered.
        status: As Transfer tells it.
        created: Seconds of the epoch.
        cancelled: Whether its owner has asked for its end.
        progress: How far it is.
    """

    id: str
    owner: str
    document: dict[str, Any]
    status: Status
    created: float
    cancelled: bool
    progress: Progress

    @property
    def is_delete(self) -> bool:
        """Whether it deletes files instead of copying them."""
        return bool(self.document["DATA_TYPE"] == "delete")

    @property
    def deadline(self) -> datetime:
        """When it fails if it has not ended by then."""
        asked = self.document.get("deadline")
        if asked is None:
            return datetime.fromtimestamp(self.created, timezone.utc) + _LIFE
        given = datetime.fromisoformat(asked.replace("Z", "+00:00"))
        return given if given.tzinfo else given.replace(tzinfo=timezone.utc)

    def tell(self) -> dict[str, Any]:
        """Returns Transfer's task document."""
        progress, document = self.progress, self.document
        done = progress.subtasks_succeeded + progress.subtasks_skipped_errors
        ended = progress.subtasks_failed + progress.subtasks_canceled
        return {
            "DATA_TYPE": "task",
            "task_id": self.id,
            "type": document["DATA_TYPE"].upper(),
            "status": self.status,
            "label": document.get("label"),
            "owner_id": self.owner,
            "command": "API 0.10",
            "request_time": datetime.fromtimestamp(self.created, timezone.utc).isoformat(timespec="seconds"),
            "deadline": self.deadline.isoformat(timespec="seconds"),
            "source_endpoint_id": document.get("source_endpoint") or document.get("endpoint"),
            "destination_endpoint_id": document.get("destination_endpoint"),
            "verify_checksum": document.get("verify_checksum", True),
            "preserve_timestamp": document.get("preserve_timestamp", False),
            "sync_level": document.get("sync_level"),
            "skip_source_errors": document.get("skip_source_errors", False),
            "fail_on_quota_errors": document.get("fail_on_quota_errors", False),
            "subtasks_pending": progress.subtasks_total - done - ended,
            "subtasks_retrying": 0,
            "effective_bytes_per_second": int(progress.bytes_transferred / max(time.time() - self.created, 0.001)),
            "history_deleted": False,
            "canceled_by_admin": None,
            "canceled_by_admin_message": None,
            **progress.model_dump(exclude={"events", "successful", "skipped"}),
        }


class Transfers:
    """All tasks of Transfer.

    Args:
        store: The database.
        limits: How many of them one identity may have.
    """

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    def submit(self, owner: str, submission: str, document: dict[str, Any]) -> tuple[str, bool]:
        """Notes a new task; of a submission id that was used before, finds the task that there already is.

        Returns:
            The task's id, and whether it is new.

        Raises:
            ApiError: The owner has too many unfinished tasks.
        """
        with self._store.together():
            known = self._store.row("SELECT id FROM transfer WHERE submission = ? AND owner = ?", submission, owner)
            if known is not None:
                return known["id"], False
            if len(self.active(owner)) >= self._limits.pending_transfers:
                raise ApiError(
                    409, "TooManyPendingJobs", f"there are already {self._limits.pending_transfers} unfinished tasks"
                )
            task_id = str(uuid.uuid4())
            self._store.run(
                "INSERT INTO transfer VALUES (?, ?, ?, ?, 'ACTIVE', ?, ?, 0)",
                task_id, owner, submission, json.dumps(document), Progress().model_dump_json(), time.time(),
            )  # fmt: skip
            return task_id, True

    def find(self, task_id: str) -> Transfer | None:
        """Returns a task, or None."""
        row = self._store.row("SELECT * FROM transfer WHERE id = ?", task_id)
        return _transfer(row) if row else None

    def get(self, task_id: str, owner: str) -> Transfer:
        """Returns a task of somebody.

        Raises:
            ApiError: They have none of this id.
        """
        found = self.find(task_id)
        if found is None or found.owner != owner:
            raise ApiError(404, "TaskNotFound", f"No task with id '{task_id}'")
        return found

    def all(self, owner: str | None = None) -> list[Transfer]:
        """Returns the tasks (of one owner), the newest first."""
        rows = self._store.rows(
            "SELECT * FROM transfer WHERE ? IS NULL OR owner = ? ORDER BY created DESC, rowid DESC", owner, owner
        )
        return [_transfer(row) for row in rows]

    def active(self, owner: str | None = None) -> list[Transfer]:
        """Returns the unfinished tasks (of one owner), the oldest first."""
        rows = self._store.rows(
            "SELECT * FROM transfer WHERE status = 'ACTIVE' AND (? IS NULL OR owner = ?) ORDER BY created, rowid",
            owner, owner,
        )  # fmt: skip
        return [_transfer(row) for row in rows]

    def save(self, task_id: str, progress: Progress, status: Status = "ACTIVE") -> None:
        """Notes how far a task is."""
        self._store.run(
            "UPDATE transfer SET progress = ?, status = ? WHERE id = ?", progress.model_dump_json(), status, task_id
        )

    def cancel(self, task_id: str) -> None:
        """Asks for the end of a task."""
        self._store.run("UPDATE transfer SET cancelled = 1 WHERE id = ?", task_id)

    def is_cancelled(self, task_id: str) -> bool:
        """Tells whether the end of a task was asked for."""
        row = self._store.row("SELECT cancelled FROM transfer WHERE id = ?", task_id)
        return row is not None and bool(row["cancelled"])


def _transfer(row: sqlite3.Row) -> Transfer:
    return Transfer(
        id=row["id"],
        owner=row["owner"],
        document=json.loads(row["document"]),
        status=row["status"],
        created=row["created"],
        cancelled=bool(row["cancelled"]),
        progress=Progress.model_validate_json(row["progress"]),
    )
