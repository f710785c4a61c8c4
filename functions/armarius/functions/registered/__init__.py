"""The functions that a site lets its clients call: by name, JSON in and JSON out.

``batch`` functions compute and run in the scheduler's jobs; ``control`` functions answer at once and run beside the
endpoint. Nothing else of this package is reachable from outside.
"""

from collections.abc import Callable
from typing import Any

from armarius.functions.registered.batch import calibrate, evaluate, train
from armarius.functions.registered.control import cancel, probe, progress, release

JSON = dict[str, Any]
Function = Callable[..., JSON]

BATCH: dict[str, Function] = {"calibrate": calibrate, "train": train, "evaluate": evaluate}
CONTROL: dict[str, Function] = {"probe": probe, "progress": progress, "cancel": cancel, "release": release}

__all__ = ["BATCH", "CONTROL", "Function", "call_batch"]


def call_batch(name: str, payload: JSON) -> str:
    """Calls a batch function by its name, in a worker whose environment says which site this is.

    Returns:
        The state of the run. Everything else of it is read with ``progress``.
    """
    return str(BATCH[name](payload)["state"])
