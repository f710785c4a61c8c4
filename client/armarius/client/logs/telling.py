"""A witness of the journal that logs: a line for each thing that happens to a job."""

import logging
from typing import Any

from armarius.client.journal.witnesses import Begun, CheckpointHome, Ended, HandedOver, Happening, Moved, Opened
from armarius.client.logs.context import bound
from armarius.client.words import duration, size

_LOG = logging.getLogger(__name__)


def tell(happening: Happening) -> None:
    """Logs what happened; for machines its parts have names of their own."""
    if not _LOG.isEnabledFor(logging.INFO):
        return
    said, parts = _said(happening)
    with bound(**{name: getattr(happening, name, "") for name in ("job", "run", "site")}):
        _LOG.info(said, extra={"event": type(happening).__name__, **parts})


def _said(happening: Happening) -> tuple[str, dict[str, Any]]:
    """Returns a line for people, and its parts."""
    if isinstance(happening, Moved):
        said = f"{happening.state.value}: {happening.message}" if happening.message else happening.state.value
        return said, {"state": happening.state.value}
    if isinstance(happening, Opened):
        return f"placed: {happening.message}", {"task": happening.task}
    if isinstance(happening, HandedOver):
        again = f" again, {happening.times} times since it last showed progress" if happening.times > 1 else ""
        return f"handed over{again}", {"times": happening.times}
    if isinstance(happening, Begun):
        return f"started after {duration(happening.waited)}", {"waited": happening.waited}
    if isinstance(happening, CheckpointHome):
        said = f"the checkpoint of step {happening.step} came home, {size(happening.size)}"
        return said, {"step": happening.step, "size": happening.size}
    return _end(happening)


def _end(end: Ended) -> tuple[str, dict[str, Any]]:
    why = ", ".join(each for each in (end.reason, end.message) if each)
    said = f"the run is {end.outcome}" + (f" ({why})" if why else "") + f" after {duration(end.seconds)}"
    parts = {"outcome": end.outcome, "reason": end.reason, "seconds": end.seconds, "gpu_seconds": end.gpu_seconds}
    return said, parts
