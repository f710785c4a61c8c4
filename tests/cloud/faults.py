"""Faults that tests order: what kinds there are, and the book that keeps them until they have happened."""

import fnmatch
import time
import uuid
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from cloud.store import Store


class _Fault(BaseModel):
    """Common to all faults.

    Attributes:
        times: How often it happens; None: until it is removed.
    """

    model_config = ConfigDict(extra="forbid")

    times: int | None = Field(default=1, ge=1)


class _RequestFault(_Fault):
    """Befalls HTTP requests.

    Attributes:
        method: Of the request, or ``*``.
        path: Pattern (as in a shell) of the path: ``/v3/endpoints/*/submit``.
        when: ``before`` the work is done, or ``after`` it.
    """

    method: str = "*"
    path: str = "*"
    when: Literal["before", "after"] = "before"

    def befalls(self, method: str, path: str) -> bool:
        """Tells whether it is for this request."""
        return self.method in ("*", method) and fnmatch.fnmatchcase(path, self.path)


class Drop(_RequestFault):
    """The connection breaks without an answer."""

    kind: Literal["drop"] = "drop"


class Delay(_RequestFault):
    """The answer comes later.

    Attributes:
        seconds: So much later.
    """

    kind: Literal["delay"] = "delay"
    seconds: float = Field(ge=0)


class Answer(_RequestFault):
    """An error is answered instead of the outcome.

    Attributes:
        status: Of HTTP, as 502.
    """

    kind: Literal["answer"] = "answer"
    status: int = Field(ge=400, le=599)


class _TaskFault(_Fault):
    """Befalls tasks of Compute.

    Attributes:
        function: Id of the function they call, or ``*``.
    """

    function: str = "*"

    def befalls(self, function: str) -> bool:
        """Tells whether it is for tasks of this function."""
        return self.function in ("*", function)


class LoseResult(_TaskFault):
    """The result processor throws a result away: the task stays unfinished for ever."""

    kind: Literal["lose_result"] = "lose_result"


class ExpireResult(_TaskFault):
    """A result vanishes as soon as the task has ended, as it would after half an hour."""

    kind: Literal["expire_result"] = "expire_result"


class DeliverTwice(_TaskFault):
    """The endpoint receives a task twice."""

    kind: Literal["deliver_twice"] = "deliver_twice"


class _CopyFault(_Fault):
    """Befalls the copying of files by Transfer.

    Attributes:
        path: Pattern (as in a shell) of the destination path.
    """

    path: str = "*"

    def befalls(self, path: str) -> bool:
        """Tells whether it is for this file."""
        return fnmatch.fnmatchcase(path, self.path)


class CorruptCopy(_CopyFault):
    """A copied file differs from its source. Transfer notices by the checksum and copies again."""

    kind: Literal["corrupt_copy"] = "corrupt_copy"


class Refuse(_CopyFault):
    """The destination does not take a file.

    Attributes:
        code: As in the task's events: ``PERMISSION_DENIED`` or ``QUOTA_EXCEEDED``.
        fatal: Whether Transfer gives up at once. Otherwise it tries again until the task's deadline.
    """

    kind: Literal["refuse"] = "refuse"
    code: Literal["PERMISSION_DENIED", "QUOTA_EXCEEDED"] = "PERMISSION_DENIED"
    fatal: bool = False


class Slow(_CopyFault):
    """Bytes trickle.

    Attributes:
        bytes_per_second: So many.
    """

    kind: Literal["slow"] = "slow"
    times: int | None = Field(default=None, ge=1)
    bytes_per_second: int = Field(ge=1)


class Pause(_Fault):
    """An administrator of a collection has paused transfers: until the fault is removed.

    Attributes:
        task: Id of the one that is paused, or ``*``.
        message: Of the administrator, for people.
    """

    kind: Literal["pause"] = "pause"
    times: None = None
    task: str = "*"
    message: str = "paused by the administrator"

    def befalls(self, task: str) -> bool:
        """Tells whether it is for this transfer."""
        return self.task in ("*", task)


class ExpireTokens(_Fault):
    """All access tokens expire, at once.

    Attributes:
        identity: Of this identity only, if given.
    """

    kind: Literal["expire_tokens"] = "expire_tokens"
    times: Literal[1] = 1
    identity: str | None = None


class RevokeConsents(_Fault):
    """A person takes all consents back: their tokens, refresh tokens too, are worthless at once.

    Attributes:
        identity: Whose.
    """

    kind: Literal["revoke_consents"] = "revoke_consents"
    times: Literal[1] = 1
    identity: str


class Forge(_Fault):
    """The next identity token is not what it should be.

    Attributes:
        what: Of it: for another application, of another issuer, for another sign-in, or signed with another key.
    """

    kind: Literal["forge"] = "forge"
    what: Literal["audience", "issuer", "nonce", "signature"]

    def befalls(self) -> bool:
        """It is for the next one, whosever it is."""
        return True


Fault = Annotated[
    Drop
    | Delay
    | Answer
    | LoseResult
    | ExpireResult
    | DeliverTwice
    | CorruptCopy
    | Refuse
    | Slow
    | Pause
    | ExpireTokens
    | RevokeConsents
    | Forge,
    Field(discriminator="kind"),
]
_FAULTS: TypeAdapter[Fault] = TypeAdapter(Fault)

_FaultT = TypeVar("_FaultT", bound=_Fault)


class FaultBook:
    """The faults that are still to happen. Survives a restart.

    Args:
        store: The database.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, fault: Fault) -> str:
        """Orders a fault; returns its id."""
        fault_id = str(uuid.uuid4())
        self._store.run(
            "INSERT INTO fault VALUES (?, ?, ?, ?, ?)",
            fault_id, fault.kind, fault.model_dump_json(), fault.times, time.time(),
        )  # fmt: skip
        return fault_id

    def remove(self, fault_id: str | None = None) -> None:
        """Takes back one fault, or all."""
        self._store.run("DELETE FROM fault WHERE ? IS NULL OR id = ?", fault_id, fault_id)

    def tell(self) -> list[dict[str, Any]]:
        """Returns the faults in the book, each with its ``id`` and how often it is still to happen (``remaining``)."""
        return [
            {**_FAULTS.validate_json(row["document"]).model_dump(), "id": row["id"], "remaining": row["remaining"]}
            for row in self._store.rows("SELECT * FROM fault ORDER BY created")
        ]

    def standing(self, kind: type[_FaultT], *subject: str) -> _FaultT | None:
        """Returns the first fault of a kind that befalls a subject, and leaves it in the book."""
        found = self._find(kind, *subject)
        return found[1] if found else None

    def take(self, kind: type[_FaultT], *subject: str, **where: object) -> _FaultT | None:
        """Returns the first fault of a kind that befalls a subject, and counts that it has happened.

        Args:
            kind: Its class.
            subject: What its method ``befalls`` is asked.
            where: Fields that the fault must have with these values.
        """
        with self._store.together():
            found = self._find(kind, *subject, **where)
            if found is None:
                return None
            fault_id, fault = found
            self._store.run("UPDATE fault SET remaining = remaining - 1 WHERE id = ?", fault_id)
            self._store.run("DELETE FROM fault WHERE remaining = 0")
            return fault

    def _find(self, kind: type[_FaultT], *subject: str, **where: object) -> tuple[str, _FaultT] | None:
        name = kind.model_fields["kind"].default
        for row in self._store.rows("SELECT id, document FROM fault WHERE kind = ? ORDER BY created", name):
            fault = kind.model_validate_json(row["document"])
            wanted = all(getattr(fault, field) == value for field, value in where.items())
            if wanted and fault.befalls(*subject):
                return row["id"], fault
        return None
