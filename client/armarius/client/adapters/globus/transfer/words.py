"""What Globus Transfer tells of a task, in words for people.

``status`` says whether it goes on; ``nice_status`` of one that does says what holds it up, and ``fatal_error`` of one
that does not says why. Both use the codes of Transfer's events
(https://docs.globus.org/api/transfer/task_events/). Only ``SUCCEEDED`` is a success.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.ports import TransferState, TransferView

Task = Mapping[str, Any]
"""Transfer's task document."""


@dataclass(frozen=True)
class Trouble:
    """What a code means.

    Attributes:
        what: What is the matter, as a whole sentence; ``{site}`` is the site.
        hint: What to do next; ``{theirs}`` and ``{ours}`` are the two folders.
        transient: Whether another attempt may do better by itself.
        people: Whether it stays as it is until somebody does something.
    """

    what: str
    hint: str
    transient: bool = False
    people: bool = False


_AWAY = Trouble(
    "A collection, that of {site} or this machine's, cannot be reached just now.",
    "Transfer goes on by itself when it can. Is Globus Connect running on this machine? Else ask the operator.",
    transient=True,
)
_FULL = Trouble(
    "There is no room left where the files should go.",
    "Make room in {theirs} (or in {ours} for what comes home), or have the quota raised.",
    people=True,
)
_FORBIDDEN = Trouble(
    "Transfer may not read or write a file.",
    "The account that the collection maps this identity to must be able to write {theirs}, and to read and write "
    "{ours}.",
    people=True,
)
_MISSING = Trouble(
    "Transfer does not find a file, or not the folder it belongs to.",
    "Is {theirs} the site's root, and {ours} this machine's folder, as the collections see them?",
    people=True,
)
_CHANGED = Trouble(
    "What arrived is not what was sent: the checksum differs.", "It is sent again by itself.", transient=True
)
_SIGN_IN = Trouble("Globus does not accept the sign-in any more.", "Sign in with: armarius login.", people=True)
_PAUSED = Trouble("The administrator of a collection has paused it.", "It goes on when they resume it.")
_EXPIRED = Trouble("It was not done in the time it was given.", "Find out what held it up.")
_CANCELLED = Trouble("Somebody cancelled it in Globus.", "Ask who did and why.")
_OTHER = Trouble("Globus Transfer reports a fault.", "If it does not pass, ask the operator.", transient=True)

_TROUBLES = {
    **dict.fromkeys(("PERMISSION_DENIED", "FILE_ACCESS", "ACL_CHANGED", "NO_PHYSICALS"), _FORBIDDEN),
    **dict.fromkeys(("QUOTA_EXCEEDED", "NO_SPACE_LEFT", "LIMIT_EXCEEDED"), _FULL),
    **dict.fromkeys(("FILE_NOT_FOUND", "NOT_A_DIRECTORY", "NOT_A_FILE", "IS_A_DIRECTORY", "INVALID_PATH_NAME",
                     "AMBIGUOUS_PATH", "INVALID_SYMLINK"), _MISSING),
    **dict.fromkeys(("VERIFY_CHECKSUM", "EXTERNAL_CHECKSUM_MISMATCH", "FILE_SIZE_CHANGED"), _CHANGED),
    **dict.fromkeys(("AUTH", "NO_CREDENTIALS", "INVALID_SERVICE_CREDENTIAL", "GSI_DN_MISMATCH", "INACTIVE"), _SIGN_IN),
    **dict.fromkeys(("CONNECT_FAILED", "CONNECTION_BROKEN", "CONNECTION_RESET", "ENDPOINT_ERROR", "ENDPOINT_TOO_BUSY",
                     "TIMEOUT", "GC_NOT_CONNECTED"), _AWAY),
    **dict.fromkeys(("PAUSED", "PAUSED_BY_ADMIN", "GC_PAUSED"), _PAUSED),
    "EXPIRED": _EXPIRED,
    "CANCELED": _CANCELLED,
}  # fmt: skip
_WELL = ("OK", "QUEUED", "")


def needs_people(task: Task) -> bool:
    """Tells whether a task that goes on will get nowhere until somebody does something.

    Transfer itself keeps trying, for days: the rights that are missing now may be given later.
    """
    if task.get("status") == "INACTIVE":
        return True
    return _code(task) not in _WELL and _TROUBLES.get(_code(task), _OTHER).people


def in_progress(task: Task, route: Route, total: int, paused: str = "") -> TransferView:
    """Tells how a task that has not ended is.

    Args:
        task: The document.
        route: Between whom.
        total: Bytes to move.
        paused: What the administrator says who paused it.
    """
    return TransferView(TransferState.ACTIVE, moved(task, total), total, message=_held_up(task, route, paused))


def failed(task: Task, route: Route) -> tuple[str, bool]:
    """Tells why a task failed, and whether another attempt may do better."""
    fatal = task.get("fatal_error") or {}
    code = str(fatal.get("code") or task.get("nice_status") or "").upper()
    said = str(fatal.get("description") or task.get("nice_status_details") or "").strip()
    if by := task.get("canceled_by_admin"):
        return _by_admin(str(by), str(task.get("canceled_by_admin_message") or said), route), False
    trouble = _TROUBLES.get(code, _OTHER)
    return _told(trouble, code, said, route), trouble.transient


def moved(task: Task, total: int) -> int:
    """Returns the bytes that have arrived; what a retry moves again is not counted twice."""
    return min(int(task.get("bytes_transferred") or 0), total)


def _held_up(task: Task, route: Route, paused: str) -> str:
    if task.get("is_paused"):
        return _told(_PAUSED, "", paused or str(task.get("nice_status_details") or ""), route)
    if task.get("status") == "INACTIVE":
        return _told(_SIGN_IN, "", "", route)
    code = _code(task)
    if code == "QUEUED":
        return "Queued by Globus Transfer, which runs three at a time for one user."
    if code in _WELL:
        return ""
    return _told(_TROUBLES.get(code, _OTHER), code, str(task.get("nice_status_details") or ""), route)


def _code(task: Task) -> str:
    return str(task.get("nice_status") or "").upper()


def _by_admin(side: str, message: str, route: Route) -> str:
    whose = {"SOURCE": "the collection it left", "DESTINATION": "the collection it went to"}.get(side, "a collection")
    said = f" {message.strip()!r}" if message.strip() else ""
    return f"The administrator of {whose} cancelled it.{said} Agree with them about transfers to {route.site}."


def _told(trouble: Trouble, code: str, said: str, route: Route) -> str:
    theirs = f"{route.data.root} of collection {route.data.collection}"
    ours = f"{route.own.seen_as} of collection {route.own.collection}"
    reason = ": ".join(part for part in (code, _last_line(said)) if part)
    hint = trouble.hint.format(site=route.site, theirs=theirs, ours=ours)
    return f"{trouble.what.format(site=route.site)}{f' ({reason})' if reason else ''} {hint}"


def _last_line(said: str) -> str:
    """Returns the line of a fault that says what it is: Transfer gives host, file and command before it."""
    lines = [line.strip() for line in said.replace("\\n", "\n").splitlines() if line.strip(" -.")]
    named = [line for line in lines if line.startswith(("File:", "Message:"))]
    return " ".join(named or lines[-1:])[:300]
