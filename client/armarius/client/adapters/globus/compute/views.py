"""How a task stands, from what the service tells of it."""

import json

from armarius.client.adapters.globus.compute.answers import NOT_JSON, RENEW, opened
from armarius.client.adapters.globus.compute.tasks import Told
from armarius.client.adapters.globus.compute.troubles import known
from armarius.client.adapters.globus.compute.words import gist
from armarius.client.errors import SiteRefused
from armarius.client.ports import TaskState, TaskView

JSON_MARK = "11\n"
"""How the Compute SDK begins what it has serialised as JSON."""


def view(told: Told | None, site: str) -> TaskView:
    """Says how a task stands. One whose result the service has thrown away is unknown, not failed."""
    if told is None:
        return TaskView(TaskState.UNKNOWN)
    if told.exception is not None:
        meant = known(told.exception, site)
        said = str(meant) if meant else f"{site}: {gist(told.exception)}"
        return TaskView(TaskState.FAILED, said, transient=meant is None or meant.transient)
    if told.result is not None:
        return _returned(told.result, site)
    return TaskView(TaskState.UNKNOWN if told.ended or told.status == "unknown" else TaskState.PENDING)


def _returned(result: str, site: str) -> TaskView:
    try:
        if not result.startswith(JSON_MARK):
            raise SiteRefused(f"{site}: {NOT_JSON}", RENEW)
        opened(json.loads(result.removeprefix(JSON_MARK)), site)
    except SiteRefused as error:
        return TaskView(TaskState.FAILED, str(error), transient=error.transient)
    except ValueError:
        return TaskView(TaskState.FAILED, f"{site}: {NOT_JSON} {RENEW}", transient=False)
    return TaskView(TaskState.RETURNED)
