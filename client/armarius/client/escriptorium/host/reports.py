"""The reports of a training on the page "Tasks monitoring": eScriptorium makes one for each page of it.

A report says "Finished" when the body of its task returns, and counts the time of the body as GPU minutes. Here the
body returns at once and the training goes on; so while it returns, its reports stand aside (they bear another task's
name, and eScriptorium finds none), and afterwards they are put back. Their end is told when the training has ended.
"""

import logging
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timezone
from enum import IntEnum
from typing import Any

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Concat

from armarius.client.escriptorium.host.tables import task_reports

_LOG = logging.getLogger(__name__)

ASIDE = "armarius:"

ASIDE_SECONDS = 30.0
"""How long reports may stand aside: the worker that hid them must have died in that moment."""


class State(IntEnum):
    """The values of ``TaskReport.workflow_state``."""

    QUEUED = 0
    STARTED = 1
    ERROR = 2
    DONE = 3
    CANCELED = 4


def step_aside(task_id: str) -> None:
    """Hides the reports from what eScriptorium does when the body of their task returns."""
    task_reports().filter(task_id=task_id).update(task_id=ASIDE + task_id)


def put_back(task_id: str) -> None:
    """Ends that."""
    task_reports().filter(task_id=ASIDE + task_id).update(task_id=task_id)


@dataclass(frozen=True)
class Standing:
    """How the reports of a training stand.

    Attributes:
        cancelled: Somebody cancelled one of them: that is how the Cancel buttons are heard.
        wrong: One of them says something else than that it runs.
        aside: One of them stands aside.
    """

    cancelled: bool = False
    wrong: bool = False
    aside: bool = False


def standings(task_ids: Collection[str]) -> dict[str, Standing]:
    """Looks at the reports of several trainings at once."""
    names = [name for task_id in task_ids for name in (task_id, ASIDE + task_id)]
    states: dict[str, set[int]] = {}
    known = task_reports().filter(task_id__in=names).values_list("task_id", "workflow_state").distinct()
    for name, state in known.order_by("task_id"):
        states.setdefault(name, set()).add(state)
    return {task_id: _standing(states, task_id) for task_id in task_ids}


def _standing(states: dict[str, set[int]], task_id: str) -> Standing:
    here, aside = states.get(task_id, set()), states.get(ASIDE + task_id, set())
    return Standing(State.CANCELED in here | aside, bool(here - {State.STARTED}), bool(aside))


def cancelled_in_queue(task_id: str) -> bool:
    """Tells whether a training was cancelled before a worker took it.

    If no worker runs that could remember it, the message is delivered all the same, and eScriptorium lets the reports
    say that they run again; only the moment of their end stays.
    """
    return bool(task_reports().filter(task_id=task_id).exclude(done_at=None).exists())


def run_on(task_id: str) -> None:
    """Lets all reports say that the training runs, but for those that somebody cancelled."""
    reports = task_reports().filter(task_id=task_id).exclude(workflow_state=State.CANCELED)
    reports.filter(started_at=None).update(started_at=_now())
    reports.exclude(workflow_state=State.STARTED).update(workflow_state=State.STARTED, done_at=None)


def make_true(task_id: str, standing: Standing, age: float) -> None:
    """Makes the reports of what goes on say so: a clean-up or a restart may have made them say something else.

    Args:
        task_id: Celery's id of it.
        standing: How they stand.
        age: Seconds since it was asked for.
    """
    if standing.aside and age > ASIDE_SECONDS:
        put_back(task_id)
    if standing.wrong:
        run_on(task_id)


def say(task_id: str, lines: Iterable[str]) -> None:
    """Adds lines to the first report; nothing else of it is written, so that no Cancel is ever overwritten."""
    text = "".join(f"{line}\n" for line in lines)
    if text:
        _first(task_id).update(messages=Concat(F("messages"), Value(text)))


def refer_to_first(task_id: str) -> None:
    """Tells the readers of all other reports where the story is."""
    reports = task_reports().filter(task_id=task_id)
    first = reports.order_by("pk").values_list("pk", flat=True).first()
    if first is not None:
        said = f"One training on several pages: what becomes of it is told in report {first}.\n"
        reports.exclude(pk=first).filter(messages="").update(messages=said)


def end(task_id: str, state: State, gpu_seconds: float | None) -> None:
    """Tells the end of a training.

    Args:
        task_id: Celery's id of it.
        state: How it ended; a report that was cancelled stays so.
        gpu_seconds: What it took of GPUs, or None where that is not known. Written once, whatever the number of
            reports: eScriptorium's quotas add them up.
    """
    reports = task_reports().filter(task_id=task_id)
    if gpu_seconds is not None:  # before the end is told: whoever sees it sees the cost
        reports.update(gpu_cost=None)
        _first(task_id).update(gpu_cost=gpu_seconds / 60 * float(getattr(settings, "GPU_COST", 1.0)))
    reports.exclude(workflow_state__in=[state, State.CANCELED]).update(workflow_state=state, done_at=_now())
    reports.filter(done_at=None).update(done_at=_now())


def cancel(task_id: str, by: str) -> None:
    """Cancels as eScriptorium's own button does: the report says who did it, and the task is revoked."""
    report = task_reports().filter(task_id__in=[task_id, ASIDE + task_id]).order_by("pk").first()
    if report is None:
        return
    try:
        report.cancel(by)
    except Exception:  # the broker does not answer: whoever drives has heard of it all the same
        _LOG.exception("the task %s could not be revoked", task_id)


def report_links(task_id: str) -> list[dict[str, str]]:
    """Returns the link to the story, as a notification takes it."""
    report = task_reports().filter(task_id=task_id).order_by("pk").first()
    try:
        return [{"text": "Report", "src": report.uri}] if report is not None else []
    except Exception:  # an instance whose pages have other names has no such link
        return []


def _first(task_id: str) -> Any:
    reports = task_reports().filter(task_id=task_id)
    return task_reports().filter(pk__in=list(reports.order_by("pk").values_list("pk", flat=True)[:1]))


def _now() -> datetime:
    return datetime.now(timezone.utc)
