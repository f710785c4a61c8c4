"""Reports follow Celery's signals: made when a task is sent, started with its body, ended with it."""

from datetime import datetime, timezone

from celery.signals import before_task_publish, task_postrun, task_prerun
from django.apps import apps
from django.conf import settings
from users.consumers import send_event

FINAL = (2, 3, 4)


def _reports(task_id):
    return apps.get_model("reporting", "TaskReport").objects.filter(task_id=task_id)


def _parts(kwargs):
    pks = kwargs.get("instance_pks") or kwargs.get("part_pks") or ()
    return apps.get_model("core", "DocumentPart").objects.filter(pk__in=pks)


def _tell_parts(kwargs, task, status, task_id):
    for part in _parts(kwargs):
        data = {"id": part.pk, "process": task.split(".")[-1], "status": status, "task_id": task_id, "data": {}}
        send_event("document", part.document_id, "part:workflow", data)


@before_task_publish.connect
def create_task_reporting(sender, body, headers, **_):
    kwargs = body[1]
    if not kwargs.get("user_pk"):
        return
    parts = _parts(kwargs)
    for part in parts.order_by("pk") if parts else [None]:
        apps.get_model("reporting", "TaskReport").objects.create(
            user_id=kwargs["user_pk"],
            label=f"Report for celery task {headers['id']} of type {sender}",
            document_id=part.document_id if part else kwargs.get("document_pk"),
            document_part=part,
            ocr_model_id=kwargs.get("model_pk"),
            task_id=headers["id"],
            method=sender,
        )
    _tell_parts(kwargs, sender, "pending", headers["id"])


@task_prerun.connect
def start_task_reporting(task_id, task, kwargs, **_):
    _reports(task_id).update(workflow_state=1, started_at=datetime.now(timezone.utc))
    _tell_parts(kwargs, task.name, "ongoing", task_id)


@task_postrun.connect
def end_task_reporting(task_id, task, kwargs, state=None, retval=None, **_):
    reports = list(_reports(task_id))
    if not reports:
        return
    for report in reports:
        if report.workflow_state not in FINAL:
            report.workflow_state = 3 if state == "SUCCESS" else 2
            report.done_at = datetime.now(timezone.utc)
            if state != "SUCCESS":
                report.messages += f"{retval}\n"
        if settings.CELERY_TASK_ROUTES.get(task.name) == {"queue": "gpu"}:
            report.gpu_cost = (report.done_at - report.started_at).total_seconds() * float(settings.GPU_COST) / 60
        report.save()
    _tell_parts(kwargs, task.name, "done", task_id)
