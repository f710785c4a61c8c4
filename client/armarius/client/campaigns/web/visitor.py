"""Asking for one thing on the web, and writing what comes into a file."""

import hashlib
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from requests.utils import get_environ_proxies

from armarius.client.campaigns.errors import FetchFailed, TooLarge, printable
from armarius.client.campaigns.web.addresses import checked, host_of
from armarius.client.campaigns.web.explaining import explained
from armarius.client.campaigns.web.leading import leads_to
from armarius.client.campaigns.web.lines import Lines
from armarius.client.campaigns.web.manners import Manners
from armarius.client.campaigns.web.retrying import LATER, AskedToWait, retried, seconds_asked, utc_now
from armarius.client.campaigns.web.sessions import Sessions
from armarius.client.campaigns.web.turns import Turns
from armarius.client.words import size as size_in_words

CHUNK = 1 << 16


class Left(FetchFailed):
    """We were told to go while we waited."""

    transient = True


@dataclass(frozen=True)
class Marks:
    """By what a server knows whether something has changed.

    Attributes:
        etag: Its ETag.
        modified: Its Last-Modified.
    """

    etag: str = ""
    modified: str = ""

    def headers(self) -> dict[str, str]:
        """Returns what is asked with."""
        asked = {"If-None-Match": self.etag, "If-Modified-Since": self.modified}
        return {name: value for name, value in asked.items() if value}


@dataclass(frozen=True)
class Arrived:
    """What came.

    Attributes:
        sha256: Its digest.
        size: Its bytes.
        marks: By which it is asked for again.
    """

    sha256: str
    size: int
    marks: Marks


class Visitor:
    """Asks hosts on the web, each one in its turn.

    Args:
        manners: How.
        stop: When it is set, nobody waits any longer.
    """

    def __init__(self, manners: Manners, stop: threading.Event | None = None) -> None:
        self.manners = manners
        self._stop = stop or threading.Event()
        self._turns = Turns(manners.per_second, time.monotonic)
        self._lines = Lines()
        self._sessions = Sessions(manners, self._lines.note)

    def fetch(self, address: str, into: Path, most: int, known: Marks | None = None) -> Arrived | None:
        """Fetches something into a file.

        Args:
            address: Where it is.
            into: The file; it holds rubbish if this raises.
            most: Bytes that it may have.
            known: The marks of what we have already.

        Returns:
            What came; None if what we have is still the same.

        Raises:
            AddressRefused: It is never asked for.
            TooLarge: It has more bytes.
            FetchFailed: It did not come; ``transient`` says whether it may later.
        """
        checked(address)
        manners = self.manners
        return retried(
            lambda: self._once(address, into, most, known or Marks()), manners.tries, manners.patience, self._wait
        )

    def leave(self) -> None:
        """Lets nobody wait or read any longer, whatever a server still sends."""
        self._stop.set()
        self._lines.end_all()

    def close(self) -> None:
        """Closes all connections."""
        self._sessions.close()

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Left("The web", "was left alone: we were told to go.", True)

    def _once(self, address: str, into: Path, most: int, known: Marks) -> Arrived | None:
        left = self.manners.slowest
        with explained(address):
            for _ in range(self.manners.redirects + 1):
                self._wait(self._turns.take(host_of(address)))
                until = time.monotonic() + left
                with self._in_time(address, until), self._asked(address, known, left) as answer:
                    to = leads_to(address, answer)
                    if to is None:
                        return self._taken(address, answer, into, most, until)
                    address, left = to, until - time.monotonic()
            raise FetchFailed(address, "leads elsewhere again and again.")

    @contextmanager
    def _in_time(self, address: str, until: float) -> Iterator[None]:
        """Ends all asking and reading when its time is over, or when all are told to go, however slowly it drips."""
        with self._lines.watched(until - time.monotonic()):
            try:
                yield
            except requests.RequestException:
                self._go_on(address, until)  # it was us who ended it
                raise

    def _go_on(self, address: str, until: float) -> None:
        if self._stop.is_set():
            raise Left(address, "was left: we were told to go.", True)
        if time.monotonic() >= until:
            raise FetchFailed(address, "comes too slowly.", True)

    def _asked(self, address: str, known: Marks, left: float) -> requests.Response:
        """Asks once. Where the answer leads is judged by us, as any address: so it is not followed."""
        manners = self.manners
        left = max(0.001, left)
        timeout = (min(manners.connect, left), min(manners.silence, left))
        return self._sessions.get().get(
            address, headers=known.headers(), stream=True, allow_redirects=False, timeout=timeout,
            proxies=get_environ_proxies(address),
        )  # fmt: skip

    def _taken(self, address: str, answer: requests.Response, into: Path, most: int, until: float) -> Arrived | None:
        if answer.status_code == requests.codes.not_modified:
            return None
        try:
            _judge(address, answer)
        except AskedToWait as error:
            self._turns.leave_alone(host_of(address), min(error.seconds or 0, self.manners.patience))
            raise
        return _written(address, self._pieces(address, answer, until), into, most, answer.headers)

    def _pieces(self, address: str, answer: requests.Response, until: float) -> Iterator[bytes]:
        self._go_on(address, until)
        for piece in answer.iter_content(CHUNK):
            self._go_on(address, until)
            yield piece
        self._go_on(address, until)  # else it would be whole, where we have ended it


def _judge(address: str, answer: requests.Response) -> None:
    if answer.status_code == requests.codes.ok:
        return
    said = f"was answered with {answer.status_code} {printable(answer.reason or '', 60)}".rstrip() + "."
    if answer.status_code in LATER:
        raise AskedToWait(address, said, seconds_asked(answer.headers.get("Retry-After"), utc_now()))
    raise FetchFailed(address, said)


def _written(address: str, pieces: Iterator[bytes], into: Path, most: int, headers: Mapping[str, str]) -> Arrived:
    """Writes what comes, as it comes: neither a false length nor what unpacks to a thousand times more fills a disk."""
    too_large = TooLarge(address, f"has more than {size_in_words(most)}.")
    announced = headers.get("Content-Length", "")
    if announced.isascii() and announced.isdigit() and int(announced[:18]) > most:
        raise too_large
    digest, size = hashlib.sha256(), 0
    with into.open("wb") as target:
        for piece in pieces:
            size += len(piece)
            if size > most:
                raise too_large
            digest.update(piece)
            target.write(piece)
    marks = Marks(headers.get("ETag", "")[:500], headers.get("Last-Modified", "")[:100])
    return Arrived(digest.hexdigest(), size, marks)
