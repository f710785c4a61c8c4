"""What comes back from a site: an answer, a refusal, or something that must not be opened."""

import json
from typing import Any

from pydantic import ValidationError

from armarius.client.adapters.globus.tasks import Told
from armarius.client.adapters.globus.words import gist
from armarius.client.errors import SiteRefused
from armarius.client.ports import TaskState, TaskView
from armarius.functions.contracts import Answer

JSON_MARK = "11\n"
"""How the Compute SDK begins what it has serialised as JSON."""

NOT_JSON = "The site answered with something other than JSON, which is never opened here."
RENEW = "The operator installs the same version of Armarius, then: armarius endpoint register"


def opened(found: Any, site: str) -> dict[str, Any]:
    """Returns what an answer holds.

    Raises:
        SiteRefused: It is a refusal, in the site's words; or no answer at all.
    """
    try:
        answer = Answer.model_validate(found)
    except ValidationError as error:
        raise SiteRefused(f"{site} answered with something that cannot be understood.", RENEW) from error
    if answer.refusal is not None:
        refusal = answer.refusal
        raise SiteRefused(f"{site}: {refusal.message}", refusal.hint, refusal.transient)
    return answer.answer or {}


def view(told: Told | None, site: str) -> TaskView:
    """Says how a task stands. One whose result the service has thrown away is unknown, not failed."""
    if told is None:
        return TaskView(TaskState.UNKNOWN)
    if told.exception is not None:
        return TaskView(TaskState.FAILED, f"{site}: {gist(told.exception)}")
    if told.result is not None:
        return _returned(told.result, site)
    return TaskView(TaskState.UNKNOWN if told.ended or told.status == "unknown" else TaskState.PENDING)


def _returned(result: str, site: str) -> TaskView:
    try:
        if not result.startswith(JSON_MARK):
            raise SiteRefused(f"{site}: {NOT_JSON}", RENEW)
        opened(json.loads(result.removeprefix(JSON_MARK)), site)
    except SiteRefused as error:
        return TaskView(TaskState.FAILED, str(error))
    except ValueError:
        return TaskView(TaskState.FAILED, f"{site}: {NOT_JSON} {RENEW}")
    return TaskView(TaskState.RETURNED)
