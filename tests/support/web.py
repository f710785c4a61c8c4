"""A web server on this machine that says what a test wants, and remembers who asked for what and when."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Answer:
    """What is said to a request."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Iterator[bytes] | None = None
    """Sent one after the other instead of a body."""


@dataclass(frozen=True)
class Request:
    path: str
    headers: dict[str, str]
    at: float


Speaker = Callable[[Request], Answer]


@dataclass
class Web:
    """What is said at each path: an answer, several in turn (the last again and again), or what a function says."""

    port: int = 0
    says: dict[str, Answer | list[Answer] | Speaker] = field(default_factory=dict)
    asked: list[Request] = field(default_factory=list)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"

    def asked_for(self, path: str) -> list[Request]:
        return [request for request in self.asked if request.path == path]

    def answer(self, request: Request) -> Answer:
        self.asked.append(request)
        said = self.says.get(request.path, Answer(b"nothing here", 404))
        if isinstance(said, list):
            return said.pop(0) if len(said) > 1 else said[0]
        return said if isinstance(said, Answer) else said(request)


@contextmanager
def web() -> Iterator[Web]:
    """Serves until the block ends."""
    served = Web()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            request = Request(self.path, {key.lower(): value for key, value in self.headers.items()}, time.monotonic())
            _send(self, served.answer(request))

        def log_message(self, *_: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.port = server.server_address[1]
    thread = threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True)
    thread.start()
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    handler.send_response(answer.status)
    headers = {"Content-Length": str(len(answer.body)), **answer.headers}
    if answer.pieces is not None:
        headers.pop("Content-Length")
        headers["Connection"] = "close"
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    try:
        for piece in answer.pieces or [answer.body]:
            handler.wfile.write(piece)
    except OSError:  # who asked has gone
        return
    if answer.pieces is not None:
        handler.close_connection = True
