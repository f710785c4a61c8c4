"""Compute endpoints: those that operators registered, and the user endpoints that these start."""

import json
import sqlite3
import time
import uuid
from dataclasses import dataclass
from typing import Any

from cloud.errors import ApiError
from cloud.store import Store

_DEFAULT_PERIOD = 30.0
"""Between two heartbeats, in seconds, where the endpoint has not told its own."""


@dataclass(frozen=True)
class Endpoint:
    """One endpoint.

    Attributes:
        id: Its UUID.
        owner: Identity that registered it; of a user endpoint, whose tasks it runs.
        parent: Of a user endpoint, the endpoint that starts it.
        document: As registered.
        last_heartbeat: Seconds of the epoch; 0 if it never reported, or said goodbye.
        heartbeat_period: In seconds.
        state: As last reported.
        locked_until: Until then it cannot be registered again.
    """

    id: str
    owner: str
    parent: str | None
    document: dict[str, Any]
    last_heartbeat: float
    heartbeat_period: float
    state: dict[str, Any]
    locked_until: float

    @property
    def allowed_functions(self) -> list[str] | None:
        """The functions it may run; None if all."""
        allowed: list[str] | None = self.document.get("allowed_functions")
        return allowed

    def tell(self) -> dict[str, Any]:
        """Returns what the service tells of it."""
        metadata = self.document.get("metadata") or {}
        name = self.document.get("endpoint_name")
        return {
            **metadata,
            "uuid": self.id,
            "name": name,
            "display_name": self.document.get("display_name") or name,
            "owner": self.owner,
            "multi_user": self.document.get("multi_user", False),
            "public": self.document.get("public", False),
            "allowed_functions": self.allowed_functions,
            "subscription_uuid": self.document.get("subscription_uuid"),
        }


class Endpoints:
    """All endpoints.

    Args:
        store: The database.
        missed_heartbeats: An endpoint is offline when so many of its heartbeats are late.
    """

    def __init__(self, store: Store, missed_heartbeats: float) -> None:
        self._store = store
        self._missed_heartbeats = missed_heartbeats

    def find(self, endpoint_id: str) -> Endpoint | None:
        """Returns an endpoint, or None."""
        row = self._store.row("SELECT * FROM endpoint WHERE id = ?", endpoint_id)
        return _endpoint(row) if row else None

    def get(self, endpoint_id: str) -> Endpoint:
        """Returns an endpoint.

        Raises:
            ApiError: There is none of this id.
        """
        found = self.find(endpoint_id)
        if found is None:
            raise ApiError(404, "ENDPOINT_NOT_FOUND", f"Endpoint {endpoint_id} could not be resolved")
        return found

    def all(self, owner: str | None = None) -> list[Endpoint]:
        """Returns the registered endpoints (of one owner); no user endpoints."""
        rows = self._store.rows(
            "SELECT * FROM endpoint WHERE parent IS NULL AND (? IS NULL OR owner = ?)", owner, owner
        )
        return [_endpoint(row) for row in rows]

    def is_online(self, endpoint: Endpoint) -> bool:
        """Tells whether its heartbeats are on time."""
        return time.time() - endpoint.last_heartbeat < self._missed_heartbeats * endpoint.heartbeat_period

    def register(self, endpoint_id: str | None, owner: str, document: dict[str, Any]) -> str:
        """Registers an endpoint, or registers it again; returns its id.

        Raises:
            ApiError: It is another's, or locked.
        """
        known = self.find(endpoint_id) if endpoint_id else None
        if known and known.owner != owner:
            message = f"Endpoint {known.id} was already registered by a different user"
            raise ApiError(403, "ENDPOINT_ALREADY_REGISTERED", message)
        if known and known.locked_until > time.time():
            raise ApiError(423, "RESOURCE_LOCKED", f"Endpoint id {known.id} is temporarily locked from registration")
        endpoint_id = endpoint_id or str(uuid.uuid4())
        self._store.run(
            "INSERT INTO endpoint (id, owner, document) VALUES (?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET document = excluded.document",
            endpoint_id, owner, json.dumps(document),
        )  # fmt: skip
        return endpoint_id

    def user_endpoint(self, parent: str, owner: str, options: dict[str, Any], runtime: dict[str, Any]) -> str:
        """Returns the id of the user endpoint for a person, a configuration and a runtime: always the same."""
        python = (runtime.get("python") or {}).get("version")
        what = json.dumps([owner, options, runtime.get("globus_compute_sdk_version"), python], sort_keys=True)
        user_endpoint = str(uuid.uuid5(uuid.UUID(parent), what))
        self._store.run(
            "INSERT OR IGNORE INTO endpoint (id, owner, parent, document) VALUES (?, ?, ?, ?)",
            user_endpoint, owner, parent, json.dumps({"user_endpoint_config": options}),
        )  # fmt: skip
        return user_endpoint

    def beat(self, endpoint_id: str, state: dict[str, Any], *, up: bool) -> None:
        """Notes a heartbeat, or a goodbye."""
        period = state.get("heartbeat_period") or _DEFAULT_PERIOD
        self._store.run(
            "UPDATE endpoint SET last_heartbeat = ?, heartbeat_period = ?, state = ? WHERE id = ?",
            time.time() if up else 0.0, period, json.dumps(state), endpoint_id,
        )  # fmt: skip

    def lock(self, endpoint_id: str) -> float:
        """Keeps an endpoint from being registered for a minute; returns until when."""
        until = time.time() + _LOCKED_FOR
        self._store.run("UPDATE endpoint SET locked_until = ? WHERE id = ?", until, endpoint_id)
        return until

    def delete(self, endpoint_id: str) -> None:
        """Forgets an endpoint and its user endpoints."""
        self._store.run("DELETE FROM endpoint WHERE id = ? OR parent = ?", endpoint_id, endpoint_id)

    def owned(self, endpoint_id: str, owner: str) -> Endpoint:
        """Returns an endpoint that must be somebody's.

        Raises:
            ApiError: There is none of this id, or it is another's.
        """
        endpoint = self.get(endpoint_id)
        if endpoint.owner != owner:
            raise _forbidden(endpoint_id)
        return endpoint

    def usable(self, endpoint_id: str, identity: str) -> Endpoint:
        """Returns an endpoint to which somebody may submit: their own, or one that maps identities itself.

        Raises:
            ApiError: There is none of this id, or it is another's.
        """
        endpoint = self.get(endpoint_id)
        if endpoint.parent is not None or not (endpoint.owner == identity or endpoint.document.get("multi_user")):
            raise _forbidden(endpoint_id)
        return endpoint


_LOCKED_FOR = 60.0


def _forbidden(endpoint_id: str) -> ApiError:
    return ApiError(403, "ENDPOINT_ACCESS_FORBIDDEN", f"Unauthorized access to endpoint {endpoint_id}")


def _endpoint(row: sqlite3.Row) -> Endpoint:
    return Endpoint(
        id=row["id"],
        owner=row["owner"],
        parent=row["parent"],
        document=json.loads(row["document"]),
        last_heartbeat=row["last_heartbeat"] or 0.0,
        heartbeat_period=row["heartbeat_period"] or _DEFAULT_PERIOD,
        state=json.loads(row["state"] or "{}"),
        locked_until=row["locked_until"] or 0.0,
    )
