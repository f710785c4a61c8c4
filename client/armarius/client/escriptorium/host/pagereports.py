"""The reports of pages that are segmented or transcribed: eScriptorium makes one for each page of a task."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from django.conf import settings
from django.db.models import F, Value
from django.db.models.functions import Concat

from armarius.client.escriptorium.host.reports import ASIDE, State
from armarius.client.escriptorium.host.tables import task_reports

FINAL = (State.ERROR, State.DONE, State.CANCELED)


@dataclass(frozen=True)
class Cost:
    """What a page took.

    Attributes:
        seconds: Of a processor.
        gpu_seconds: Its share of the GPUs that its job had.
    """

    seconds: float = 0.0
    gpu_seconds: float = 0.0


def end_page(task_id: str, part: int, state: State, said: str, cost: Cost | None = None) -> None:
    """Tells the end of a page; one whose end was told already, or that was cancelled, is left as it is.

    Args:
        task_id: Celery's id of its task.
        part: Primary key.
        state: How it ended.
        said: Added to its report.
        cost: Written once, for eScriptorium's quotas add up what all reports say.
    """
    report = task_reports().filter(task_id=task_id, document_part_id=part).exclude(workflow_state__in=FINAL)
    spent = cost or Cost()
    report.update(
        workflow_state=state,
        done_at=datetime.now(timezone.utc),
        cpu_cost=spent.seconds / 60,
        gpu_cost=_gpu_cost(spent.gpu_seconds) if spent.gpu_seconds else None,
        messages=Concat(F("messages"), Value(f"{said}\n")),
    )


def end_of(task_id: str, part: int) -> State | None:
    """Returns the end that was told of a page; None while none was.

    Args:
        task_id: Celery's id of its task.
        part: Primary key.
    """
    told = task_reports().filter(task_id=task_id, document_part_id=part, workflow_state__in=FINAL)
    state = told.order_by("pk").values_list("workflow_state", flat=True).first()
    return None if state is None else State(state)


def refer(task_ids: Sequence[str]) -> None:
    """Tells the readers of all reports but the first where the story of a job is that does several tasks.

    Args:
        task_ids: Celery's ids of the tasks, in order.
    """
    reports = task_reports().filter(task_id__in=list(task_ids))
    first = task_reports().filter(task_id=task_ids[0]).order_by("pk").values_list("pk", flat=True).first()
    if first is not None:
        _say_once(reports.exclude(pk=first), f"One job on several pages: what becomes of it is told in report {first}.")


def wait_for(task_id: str, earlier: str) -> None:
    """Tells the readers of the reports of a task that its page is being worked on, and in which report.

    Args:
        task_id: Celery's id of the task that waits.
        earlier: Of the task that is being done.
    """
    report = task_reports().filter(task_id__in=[earlier, ASIDE + earlier]).order_by("pk")
    first = report.values_list("pk", flat=True).first()
    told = f" (report {first})" if first is not None else ""
    waiting = task_reports().filter(task_id__in=[task_id, ASIDE + task_id])
    _say_once(waiting, f"It waits: a page of it is being worked on already{told}.")


def _say_once(reports: Any, said: str) -> None:
    """Adds a line to reports that do not say it yet."""
    silent = reports.exclude(messages__contains=said)
    silent.update(messages=Concat(F("messages"), Value(f"{said}\n")))


def end_rest(task_id: str, state: State) -> None:
    """Tells the end of a task on all of its reports on which no other was told."""
    rest = task_reports().filter(task_id=task_id).exclude(workflow_state__in=FINAL)
    rest.update(workflow_state=state, done_at=datetime.now(timezone.utc))


def charge(task_id: str, part: int | None, cost: Cost) -> None:
    """Writes what was spent for nothing: on the report of a page, or on the first of a task."""
    reports = task_reports().filter(task_id=task_id)
    if part is not None:
        reports = reports.filter(document_part_id=part)
    first = reports.order_by("pk").values_list("pk", flat=True)[:1]
    task_reports().filter(pk__in=list(first)).update(
        cpu_cost=cost.seconds / 60, gpu_cost=_gpu_cost(cost.gpu_seconds) if cost.gpu_seconds else None
    )


def charge_also(task_id: str, gone: Iterable[Cost], own: Callable[[int], Cost]) -> None:
    """Writes what pages took that are not there any more on the first report of their task, beside its own page.

    Args:
        task_id: Celery's id of it.
        gone: What they took.
        own: Tells what a page took, by its primary key.
    """
    first = task_reports().filter(task_id=task_id).order_by("pk")
    part = first.values_list("document_part_id", flat=True).first()
    costs = [*gone, own(part) if part is not None else Cost()]
    spent = Cost(sum(cost.seconds for cost in costs), sum(cost.gpu_seconds for cost in costs))
    charge(task_id, None, spent)


def _gpu_cost(seconds: float) -> float:
    return seconds / 60 * float(getattr(settings, "GPU_COST", 1.0))
