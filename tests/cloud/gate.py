"""Every request passes here: it is counted, and the faults that tests ordered befall it."""

import asyncio
import json
import re
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from cloud.faults import Answer, Delay, Drop, FaultBook
from cloud.store import Store

CONTROL = "/_"
"""How the paths of the control door begin: these are neither counted nor disturbed."""

_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class DroppableProtocol(H11Protocol):
    """uvicorn's protocol, which also tells the application its connection, so that it can be broken."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        """Called by asyncio for each new connection."""
        super().connection_made(transport)
        self.app_state = {**self.app_state, "transport": transport}


def route_of(method: str, path: str) -> str:
    """Names a request for counting: its method and path, with ``{id}`` for each id."""
    return f"{method} {_UUID.sub('{id}', path)}"


class Requests:
    """How many requests there were, by route and by status of the answer."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def count(self, route: str, status: int) -> None:
        """Counts one. Status 0: the connection was dropped."""
        self._store.run(
            "INSERT INTO request VALUES (?, ?, 1) ON CONFLICT (route, status) DO UPDATE SET count = count + 1",
            route, status,
        )  # fmt: skip

    def tell(self) -> dict[str, dict[str, int]]:
        """Returns for each route how often each status was answered."""
        counts: dict[str, dict[str, int]] = {}
        for row in self._store.rows("SELECT * FROM request ORDER BY route, status"):
            counts.setdefault(row["route"], {})[str(row["status"])] = row["count"]
        return counts

    def forget(self) -> None:
        """Starts again from zero."""
        self._store.run("DELETE FROM request")


class Gate:
    """The ASGI middleware around the services.

    Args:
        app: The services.
        faults: What is to go wrong.
        requests: Where requests are counted.
    """

    def __init__(self, app: ASGIApp, faults: FaultBook, requests: Requests) -> None:
        self._app = app
        self._faults = faults
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one request."""
        if scope["type"] != "http" or scope["path"].startswith(CONTROL):
            await self._app(scope, receive, send)
            return
        route = route_of(scope["method"], scope["path"])
        if await self._disturbed("before", route, scope, receive, send):
            return
        answer = _Answer()
        await self._app(scope, receive, answer.keep)
        if await self._disturbed("after", route, scope, receive, send):
            return
        self._requests.count(route, answer.status)
        for message in answer.messages:
            await send(message)

    async def _disturbed(self, when: str, route: str, scope: Scope, receive: Receive, send: Send) -> bool:
        """Lets the ordered faults happen; tells whether the request has thereby had its answer, or none."""
        subject = scope["method"], scope["path"]
        if delay := self._faults.take(Delay, *subject, when=when):
            await asyncio.sleep(delay.seconds)
        if self._faults.take(Drop, *subject, when=when):
            self._requests.count(route, 0)
            await _drop(scope, receive)
            return True
        if fault := self._faults.take(Answer, *subject, when=when):
            self._requests.count(route, fault.status)
            await _answer(fault.status, send)
            return True
        return False


class _Answer:
    """An answer held back until it is known whether it may be given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.status = 0

    async def keep(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        self.messages.append(message)


async def _drop(scope: Scope, receive: Receive) -> None:
    scope["state"]["transport"].abort()
    while (await receive())["type"] != "http.disconnect":
        pass


async def _answer(status: int, send: Send) -> None:
    document: dict[str, Any] = {"code": "INJECTED", "message": f"a test ordered the answer {status}"}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(document).encode()})
