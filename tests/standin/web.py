"""The stand-in's web server, as far as tests need it: a line of JSON in, a line of JSON out.

Its buttons are views, and pressed by a request to them (``post``).
"""

import json
import sys
import traceback

import django
from django.apps import apps
from django.core.management import call_command
from django.test import Client
from escriptorium.celery import app

browsers = {}


def table(name, app_label="core"):
    return apps.get_model(app_label, name).objects


def prepare():
    call_command("migrate", run_syncdb=True, verbosity=0)


def user(name, may_train=True, **fields):
    from django.contrib.auth.models import Permission

    made = table("User", "users").create_user(name, f"{name}@example.org", "secret", **fields)
    if may_train:
        made.user_permissions.add(Permission.objects.get(codename="can_train"))
    return made.pk


def document(owner, pages):
    """Makes a document; each page is an image (relative to MEDIA_ROOT) and its lines: text, baseline, mask."""
    made = table("Document").create(name="Cartulary", owner_id=owner)
    transcription = table("Transcription").create(name="manual", document=made)
    parts = []
    for order, (image, lines) in enumerate(pages):
        part = table("DocumentPart").create(
            document=made, image=image, original_filename=f"f{order + 1}.png", order=order
        )
        for place, (text, baseline, mask) in enumerate(lines):
            line = table("Line").create(document_part=part, order=place, baseline=baseline, mask=mask)
            table("LineTranscription").create(line=line, transcription=transcription, content=text)
        parts.append(part.pk)
    return {"document": made.pk, "transcription": transcription.pk, "parts": parts}


def region(part, box):
    return table("Block").create(document_part_id=part, box=box).pk


def model(owner, document, job=2, **fields):
    made = table("OcrModel").create(name="Charters", job=job, owner_id=owner, **fields)
    table("OcrModelDocument").create(document_id=document, ocr_model=made)
    return made.pk


def press(task, **kwargs):
    """What a view does when somebody presses a button."""
    return app.tasks[f"core.tasks.{task}"].delay(**kwargs).id


def post(user, path, **body):
    """What a browser sends when a user who is signed in presses a button."""
    if user not in browsers:
        browsers[user] = Client()
        browsers[user].force_login(table("User", "users").get(pk=user))
    answer = browsers[user].post(f"/api/{path}/", json.dumps(body), content_type="application/json")
    return {"code": answer.status_code, **answer.json()}


def cookies():
    """The session cookies of all who are signed in."""
    return [browser.cookies["sessionid"].value for browser in browsers.values()]


def newest_model(owner):
    return table("OcrModel").filter(owner_id=owner).order_by("pk").last().pk


def newest_task(model):
    """The id of the task that was asked for last, also in the moment in which its reports stand aside."""
    report = table("TaskReport", "reporting").filter(ocr_model_id=model).order_by("pk").last()
    return report.task_id.removeprefix("armarius:")


def running():
    """How many tasks are computed now."""
    return table("TaskReport", "reporting").filter(workflow_state=1).values("task_id").distinct().count()


def show_model(model):
    return table("OcrModel").filter(pk=model).values(
        "file", "training", "training_accuracy", "training_epoch", "file_size", "versions"
    ).first()  # fmt: skip


def show_reports(task_id):
    fields = ("pk", "workflow_state", "messages", "gpu_cost", "started_at", "done_at")
    return list(table("TaskReport", "reporting").filter(task_id=task_id).order_by("pk").values(*fields))


def cancel_reports(task_id):
    """What the Cancel button of the tasks' page does."""
    for report in table("TaskReport", "reporting").filter(task_id=task_id):
        report.cancel("guigo")


def show_page(part):
    """What stands on a page."""
    row = table("DocumentPart").get(pk=part)
    texts = table("LineTranscription").filter(line__document_part=row).order_by("line__order", "pk")
    return {
        "state": row.workflow_state,
        "progress": row.transcription_progress,
        "lines": [line.baseline for line in row.lines.order_by("order")],
        "blocks": row.blocks.count(),
        "texts": [[text.content, len(text.versions), text.version_source] for text in texts],
    }


def set_flags(**fields):
    """What a clean-up from outside does."""
    table("OcrModel").update(**fields)


def set_reports(task_id, **fields):
    table("TaskReport", "reporting").filter(task_id=task_id).update(**fields)


def main():
    django.setup()
    here = globals()
    for line in sys.stdin:
        order = json.loads(line)
        try:
            answer = {"answer": here[order.pop("do")](**order)}
        except Exception:
            answer = {"error": traceback.format_exc()}
        sys.stdout.write(json.dumps(answer, default=str) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
