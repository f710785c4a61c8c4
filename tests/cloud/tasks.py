"""Tasks of Compute, and the groups they are submitted in."""

import json
import sqlite3
import time
import uuid
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from cloud.config import Limits
from cloud.errors import ApiError
from cloud.store import Store

WAITING = "waiting-for-ep"


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        id: Its UUID.
        group: Its task group.
        function: What it calls.
        owner: Who submitted it.
        done: Whether it has ended.
    """

    id: str
    group: str
    function: str
    owner: str
    done: bool


@dataclass(frozen=True)
class Outcome:
    """How a task ended: exactly one of the first two is set.

    Attributes:
        result: What the function returned, serialised.
        exception: The text of what went wrong.
        details: What the worker told of itself.
    """

    result: str | None
    exception: str | None
    details: dict[str, Any] | None


class Tasks:
    """All tasks and task groups.

    Args:
        store: The database.
        limits: How long results live.
    """

    def __init__(self, store: Store, limits: Limits) -> None:
        self._store = store
        self._limits = limits

    def ensure_group(self, group: str | None, owner: str, *, queue: bool) -> str:
        """Makes a task group, or checks that it may be used; returns its id.

        Args:
            group: Its id, to use one that there is.
            owner: Who uses it.
            queue: Whether its results are also to be sent to a queue, from now on.

        Raises:
            ApiError: There is no such group, or it is another's.
        """
        if group is None:
            group = str(uuid.uuid4())
            self._store.run("INSERT INTO task_group VALUES (?, ?, ?, ?)", group, owner, int(queue), time.time())
            return group
        row = self._store.row("SELECT owner FROM task_group WHERE id = ?", group)
        if row is None:
            raise _no_group(group)
        if row["owner"] != owner:
            raise ApiError(403, "TASK_GROUP_ACCESS_FORBIDDEN", f"Unauthorized access to Task Group {group}")
        self._store.run("UPDATE task_group SET queue = max(queue, ?) WHERE id = ?", int(queue), group)
        return group

    def has_queue(self, group: str) -> bool:
        """Tells whether a group's results are also sent to a queue."""
        row = self._store.row("SELECT queue FROM task_group WHERE id = ?", group)
        return row is not None and bool(row["queue"])

    def add(self, group: str, endpoint: str, user_endpoint: str, function: str, owner: str) -> str:
        """Notes a new task; returns its id."""
        task_id = str(uuid.uuid4())
        self._store.run(
            "INSERT INTO task (id, task_group, endpoint, user_endpoint, function, owner, status, created) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            task_id, group, endpoint, user_endpoint, function, owner, WAITING, time.time(),
        )  # fmt: skip
        return task_id

    def remove(self, task_id: str) -> None:
        """Forgets a task that could not be sent."""
        self._store.run("DELETE FROM task WHERE id = ?", task_id)

    def find(self, task_id: str) -> Task | None:
        """Returns a task, or None."""
        row = self._store.row("SELECT * FROM task WHERE id = ?", task_id)
        return _task(row) if row else None

    def waiting_for(self, user_endpoint: str) -> list[Task]:
        """Returns the unfinished tasks of a user endpoint."""
        rows = self._store.rows("SELECT * FROM task WHERE user_endpoint = ? AND done IS NULL", user_endpoint)
        return [_task(row) for row in rows]

    def finish(self, task: Task, outcome: Outcome) -> bool:
        """Notes how a task ended; tells whether that was news. The first outcome counts."""
        status = "failed" if outcome.exception is not None else "success"
        changed = self._store.run(
            "UPDATE task SET status = ?, result = ?, exception = ?, details = ?, done = ? "
            "WHERE id = ? AND done IS NULL",
            status, outcome.result, outcome.exception, json.dumps(outcome.details), time.time(), task.id,
        )  # fmt: skip
        return changed == 1

    def expire(self, task: Task) -> None:
        """Throws a result away."""
        self._store.run("UPDATE task SET expired = 1, result = NULL, exception = NULL WHERE id = ?", task.id)

    def tell(self, task_id: str, owner: str) -> dict[str, Any]:
        """Returns what the service tells of a task.

        Raises:
            ApiError: There is none of this id, it is another's, or its result has expired.
        """
        document = self._document(task_id, owner)
        if document is None:
            raise ApiError(404, "TASK_NOT_FOUND", f"Task {task_id} not found")
        return document

    def tell_many(self, task_ids: list[str], owner: str) -> dict[str, dict[str, Any]]:
        """Returns the same of many tasks. Those that `tell` would refuse are left out."""
        documents = {task_id: self._document(task_id, owner) for task_id in task_ids}
        return {task_id: document for task_id, document in documents.items() if document is not None}

    def tell_group(self, group: str, owner: str) -> dict[str, Any]:
        """Returns the tasks of a group.

        Raises:
            ApiError: There is no such group, or it is another's.
        """
        row = self._store.row("SELECT * FROM task_group WHERE id = ? AND owner = ?", group, owner)
        if row is None:
            raise _no_group(group)
        tasks = self._store.rows("SELECT id, created FROM task WHERE task_group = ? ORDER BY created", group)
        return {
            "taskgroup_id": group,
            "create_websockets_queue": bool(row["queue"]),
            "tasks": [{"id": task["id"], "created_at": _iso(task["created"])} for task in tasks],
        }

    def _document(self, task_id: str, owner: str) -> dict[str, Any] | None:
        row = self._store.row("SELECT * FROM task WHERE id = ? AND owner = ?", task_id, owner)
        if row is None:
            return None
        document = {"task_id": row["id"], "status": row["status"]}
        if row["done"] is None:
            return document
        if row["expired"] or time.time() - row["done"] > self._limits.result_life:
            if not self._limits.expired_tasks_known:
                return None
            return {**document, "completion_t": str(row["done"]), "reason": "the result was not fetched in time"}
        outcome = {"result": row["result"]} if row["exception"] is None else {"exception": row["exception"]}
        return {**document, "completion_t": str(row["done"]), "details": json.loads(row["details"]), **outcome}


def _no_group(group: str) -> ApiError:
    return ApiError(404, "TASK_GROUP_NOT_FOUND", f"Task Group {group} could not be resolved")


def _task(row: sqlite3.Row) -> Task:
    return Task(row["id"], row["task_group"], row["function"], row["owner"], row["done"] is not None)


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).replace(tzinfo=None).isoformat(timespec="microseconds")
