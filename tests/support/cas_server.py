"""A stand-in for a CAS server (protocol 3.0): whoever follows a link on its page has signed in."""

import secrets
import urllib.parse
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from xml.sax.saxutils import escape

_NAMESPACE = "http://www.yale.edu/tp/cas"


@dataclass
class CASServer:
    """A running one.

    Attributes:
        url: Its address, as django-cas-ng wants it.
        people: Username to attributes.
        tickets: Not used yet: for which service, and whose.
        validated: How many were asked for.
    """

    url: str
    people: dict[str, Mapping[str, str]]
    tickets: dict[str, tuple[str, str]] = field(default_factory=dict)
    validated: int = 0

    def login(self, service: str, person: str) -> str:
        """Lets somebody sign in; returns where the browser is sent, with a ticket for that service alone."""
        ticket = f"ST-{secrets.token_urlsafe(16)}"
        self.tickets[ticket] = (service, person)
        joint = "&" if "?" in service else "?"
        return f"{service}{joint}ticket={ticket}"

    def validate(self, service: str, ticket: str) -> str:
        """Answers whose ticket it is, once."""
        self.validated += 1
        meant, person = self.tickets.pop(ticket, ("", ""))
        if not person or meant != service:
            return self._answer('<cas:authenticationFailure code="INVALID_TICKET">no</cas:authenticationFailure>')
        told = "".join(f"<cas:{name}>{escape(value)}</cas:{name}>" for name, value in self.people[person].items())
        return self._answer(
            f"<cas:authenticationSuccess><cas:user>{escape(person)}</cas:user>"
            f"<cas:attributes>{told}</cas:attributes></cas:authenticationSuccess>"
        )

    @staticmethod
    def _answer(text: str) -> str:
        return f'<cas:serviceResponse xmlns:cas="{_NAMESPACE}">{text}</cas:serviceResponse>'


@contextmanager
def running_cas(people: dict[str, Mapping[str, str]]) -> Iterator[CASServer]:
    """A CAS server on 127.0.0.1 that knows these people; it ends with the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urllib.parse.urlsplit(self.path)
            asked = dict(urllib.parse.parse_qsl(parts.query))
            if parts.path == "/cas/login":
                self._send(302, "", Location=cas.login(asked["service"], asked["as"]))
            else:
                self._send(200, cas.validate(asked["service"], asked["ticket"]))

        def _send(self, status: int, text: str, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(text.encode()))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        cas = CASServer(f"http://127.0.0.1:{server.server_port}/cas/", people)
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield cas
        finally:
            server.shutdown()
            thread.join()
