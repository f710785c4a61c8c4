"""The control door of a local cloud, from outside: faults are ordered here, and counts are read."""

import json
import urllib.request
from dataclasses import dataclass
from typing import Any, Literal

from cloud.faults import (
    Answer,
    CorruptCopy,
    Delay,
    DeliverTwice,
    Drop,
    ExpireResult,
    ExpireTokens,
    Fault,
    Forge,
    LoseResult,
    Pause,
    Refuse,
    RevokeConsents,
    Slow,
)

_PATIENCE = 60.0


class Door:
    """The cloud's control door, and what is behind it: faults and counts.

    Args:
        url: Of the cloud.
    """

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, method: str, path: str, document: Any = None) -> Any:
        """Makes one request and returns the answer."""
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(
            self._url + path, data=body, method=method, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=_PATIENCE) as answer:
            return json.load(answer)


class Faults:
    """Orders faults. Each method returns the fault's id, by which it can be taken back."""

    def __init__(self, door: Door) -> None:
        self._door = door

    def add(self, fault: Fault) -> str:
        """Orders any fault."""
        fault_id: str = self._door.ask("POST", "/_faults", fault.model_dump())["id"]
        return fault_id

    def remove(self, fault_id: str | None = None) -> None:
        """Takes back one fault, or all."""
        self._door.ask("DELETE", "/_faults" + (f"/{fault_id}" if fault_id else ""))

    def pending(self) -> list[dict[str, Any]]:
        """Returns the faults that are still to happen."""
        faults: list[dict[str, Any]] = self._door.ask("GET", "/_faults")
        return faults

    def drop(self, path: str, *, method: str = "*", after: bool = False, times: int | None = 1) -> str:
        """Requests get no answer: before the work is done, or after it."""
        return self.add(Drop(path=path, method=method, when="after" if after else "before", times=times))

    def delay(self, path: str, seconds: float, *, method: str = "*", times: int | None = 1) -> str:
        """Requests are answered late."""
        return self.add(Delay(path=path, method=method, seconds=seconds, times=times))

    def answer(
        self, path: str, status: int = 502, *, method: str = "*", after: bool = False, times: int | None = 1
    ) -> str:
        """Requests are answered with an error: before the work is done, or after it."""
        return self.add(
            Answer(path=path, method=method, status=status, when="after" if after else "before", times=times)
        )

    def expire_tokens(self, identity: str | None = None) -> None:
        """All access tokens (of one identity) expire now."""
        self.add(ExpireTokens(identity=identity))

    def revoke_consents(self, identity: str) -> None:
        """A person takes their consents back: all tokens that were issued for them are worthless."""
        self.add(RevokeConsents(identity=identity))

    def forge(self, what: Literal["audience", "issuer", "nonce", "signature"]) -> str:
        """The next identity token is wrong in one point."""
        return self.add(Forge(what=what))

    def lose_results(self, function: str = "*", *, times: int | None = 1) -> str:
        """Results never arrive."""
        return self.add(LoseResult(function=function, times=times))

    def expire_results(self, function: str = "*", *, times: int | None = 1) -> str:
        """Results vanish as soon as they have arrived."""
        return self.add(ExpireResult(function=function, times=times))

    def deliver_twice(self, function: str = "*", *, times: int | None = 1) -> str:
        """Tasks are delivered twice."""
        return self.add(DeliverTwice(function=function, times=times))

    def corrupt_copy(self, path: str = "*", *, times: int | None = 1) -> str:
        """Copied files differ from their source. ``times=None``: always, until the transfer fails."""
        return self.add(CorruptCopy(path=path, times=times))

    def refuse_copy(
        self, path: str = "*", *, quota: bool = False, fatal: bool = False, times: int | None = None
    ) -> str:
        """The destination refuses files: no permission, or no room. Unless fatal, the transfer tries again."""
        code: Any = "QUOTA_EXCEEDED" if quota else "PERMISSION_DENIED"
        return self.add(Refuse(path=path, code=code, fatal=fatal, times=times))

    def slow_copy(self, bytes_per_second: int, path: str = "*") -> str:
        """Bytes trickle, until the fault is removed."""
        return self.add(Slow(bytes_per_second=bytes_per_second, path=path))

    def pause(self, message: str = "paused by the administrator", task: str = "*") -> str:
        """Transfers are paused, until the fault is removed."""
        return self.add(Pause(message=message, task=task))


@dataclass(frozen=True)
class Stats:
    """What the cloud has counted.

    Attributes:
        requests: Route (``"POST /v3/endpoints/{id}/submit"``) to status of the answer to how often. Status ``"0"``: the
            connection was dropped.
        transfers: Task of Transfer to bytes moved.
    """

    requests: dict[str, dict[str, int]]
    transfers: dict[str, int]

    def count(self, route: str) -> int:
        """Returns how often a route was asked, whatever was answered."""
        return sum(self.requests.get(route, {}).values())

    @property
    def bytes_moved(self) -> int:
        """Of all transfers together."""
        return sum(self.transfers.values())
