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
from requests_hardened.ip_filter import InvalidIPAddress

from armarius.client.campaigns.errors import AddressRefused, FetchFailed, TooLarge, printable
from armarius.client.campaigns.web.addresses import checked, host_of
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
        self._sessions = Sessions(manners)

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

    def close(self) -> None:
        """Closes all connections."""
        self._sessions.close()

    def _wait(self, seconds: float) -> None:
        if self._stop.wait(seconds):
            raise Left("The web", "was left alone: we were told to go.", True)

    def _once(self, address: str, into: Path, most: int, known: Marks) -> Arrived | None:
        host = host_of(address)
        self._wait(self._turns.take(host))
        deadline = time.monotonic() + self.manners.slowest
        with _explained(address), self._asked(address, known) as answer:
            if answer.status_code == requests.codes.not_modified:
                return None
            try:
                _judge(address, answer)
            except AskedToWait as error:
                self._turns.leave_alone(host, min(error.seconds or 0, self.manners.patience))
                raise
            return _written(address, self._pieces(address, answer, deadline), into, most, answer.headers)

    def _pieces(self, address: str, answer: requests.Response, deadline: float) -> Iterator[bytes]:
        for piece in answer.iter_content(CHUNK):
            if time.monotonic() > deadline:
                raise FetchFailed(address, "comes too slowly.", True)
            if self._stop.is_set():
                raise Left(address, "was left: we were told to go.", True)
            yield piece

    def _asked(self, address: str, known: Marks) -> requests.Response:
        return self._sessions.get().get(
            address, headers=known.headers(), stream=True, proxies=get_environ_proxies(address)
        )


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
    if announced.isdigit() and int(announced[:18]) > most:
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


@contextmanager
def _explained(address: str) -> Iterator[None]:
    """Says what went wrong in our words, and whether it may pass."""
    try:
        yield
    except InvalidIPAddress as error:
        what = (
            f"is not fetched: it leads to {error}, inside of a network. Allow its machine (--allow) if that is meant."
        )
        raise AddressRefused(address, what) from error
    except (requests.exceptions.InvalidSchema, requests.exceptions.InvalidURL) as error:
        raise AddressRefused(address, "leads to what is no address of the web.") from error
    except requests.exceptions.TooManyRedirects as error:
        raise FetchFailed(address, "leads elsewhere again and again.") from error
    except requests.exceptions.SSLError as error:
        raise FetchFailed(address, "has no certificate that can be trusted.") from error
    except requests.exceptions.Timeout as error:
        raise FetchFailed(address, "did not answer in time.", True) from error
    except requests.RequestException as error:
        raise FetchFailed(address, f"could not be fetched ({type(error).__name__}).", True) from error
