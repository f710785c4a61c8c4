"""The functions that a site lets its clients call: by name, JSON in and JSON out.

``batch`` functions compute and run in the scheduler's jobs; ``control`` functions answer at once and run beside the
endpoint. Nothing else of this package is reachable from outside.
"""

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from armarius.functions.contracts import Answer, ArmariusError, Refusal
from armarius.functions.registered.batch import calibrate, evaluate, segment, train, transcribe
from armarius.functions.registered.control import cancel, probe, progress, receive, release
from armarius.functions.role import require_batch

JSON = dict[str, Any]
Function = Callable[..., JSON]

BATCH: dict[str, Function] = {
    "calibrate": calibrate,
    "train": train,
    "evaluate": evaluate,
    "segment": segment,
    "transcribe": transcribe,
}
CONTROL: dict[str, Function] = {
    "probe": probe,
    "progress": progress,
    "cancel": cancel,
    "release": release,
    "receive": receive,
}

__all__ = ["BATCH", "CONTROL", "Function", "answer", "call_batch"]


def call_batch(name: str, payload: JSON) -> str:
    """Calls a batch function by its name, in a worker whose environment says which site this is.

    Returns:
        The state of the run. Everything else of it is read with ``progress``.
    """
    return str(BATCH[name](payload)["state"])


def answer(name: str, payload: JSON) -> JSON:
    """Calls a function for a client that is far away: an error of ours becomes a refusal that it can read.

    A batch function is refused outside of a job's worker.

    Returns:
        An Answer. That of a batch function holds the run's state alone.
    """
    try:
        if name in BATCH:
            require_batch(name)
            found = {"state": call_batch(name, payload)}
        else:
            found = CONTROL[name](payload)
    except (ArmariusError, ValidationError) as error:
        return Answer(refusal=_refusal(error)).model_dump(mode="json")
    return Answer(answer=found).model_dump(mode="json")


def _refusal(error: ArmariusError | ValidationError) -> Refusal:
    if isinstance(error, ArmariusError):
        return Refusal(error=type(error).__name__, message=error.message, hint=error.hint, transient=error.transient)
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    return Refusal(
        error="BadMessage",
        message=f"The site does not understand the message: {place}: {first['msg']}.",
        hint="Client and site may have different versions of Armarius; see: armarius sites.",
    )
