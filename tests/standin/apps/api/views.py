"""The buttons: what eScriptorium's REST interface does when somebody presses one, as far as trainings go."""

import json
from functools import wraps

from core.models import Document, OcrModel, OcrModelDocument
from core.tasks import segtrain, train
from django.http import JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from users.consumers import send_event


def button(view):
    """Only for who is signed in; what is asked is JSON."""

    @wraps(view)
    def pressed(request, pk):
        if request.method != "POST" or not request.user.is_authenticated:
            return JsonResponse({"detail": "Authentication credentials were not provided."}, status=401)
        return view(request, pk, json.loads(request.body or "{}"))

    return pressed


def _model(request, document, asked, job):
    if "model" not in asked:
        model = OcrModel.objects.create(owner=request.user, name=asked["model_name"], job=job, file_size=0)
    else:
        model = OcrModel.objects.get(pk=asked["model"], owner=request.user)
        if not asked.get("override"):
            model = model.clone_for_training(request.user, asked["model_name"])
    OcrModelDocument.objects.get_or_create(document=document, ocr_model=model)
    return model


@button
def train_recognition(request, pk, asked):
    document = get_object_or_404(Document, pk=pk, owner=request.user)
    model = _model(request, document, asked, OcrModel.MODEL_JOB_RECOGNIZE)
    train.delay(
        transcription_pk=asked["transcription"], model_pk=model.pk, part_pks=asked["parts"], user_pk=request.user.pk
    )
    return JsonResponse({"status": "ok"})


@button
def train_segmentation(request, pk, asked):
    document = get_object_or_404(Document, pk=pk, owner=request.user)
    if len(asked["parts"]) < 2:
        return JsonResponse({"status": "error", "error": "at least 2 images"}, status=400)
    model = _model(request, document, asked, OcrModel.MODEL_JOB_SEGMENT)
    segtrain.delay(model_pk=model.pk, part_pks=asked["parts"], document_pk=pk, user_pk=request.user.pk)
    return JsonResponse({"status": "ok"})


@button
def cancel_training(request, pk, asked):
    """That of the document: it takes the newest model that says that it is being trained."""
    document = get_object_or_404(Document, pk=pk, owner=request.user)
    return _cancelled(document.ocr_models.filter(training=True).order_by("pk").last(), request.user)


@button
def cancel_model(request, pk, asked):
    return _cancelled(get_object_or_404(OcrModel, pk=pk, owner=request.user), request.user)


def _cancelled(model, user):
    try:
        model.cancel_training(username=user.username)
    except Exception:  # eScriptorium says no more, either
        return JsonResponse({"status": "failed"}, status=400)
    return JsonResponse({"status": "canceled"})


@button
def cancel_tasks(request, pk, asked):
    """All tasks of the document, or one of its reports."""
    document = get_object_or_404(Document, pk=pk, owner=request.user)
    reports = document.reports.filter(workflow_state__in=[0, 1])
    if asked.get("task_report"):
        reports = reports.filter(pk=asked["task_report"])
    reports = list(reports)
    for report in reports:
        report.cancel(request.user.username)
    parts = [{"id": each.document_part_id, "process": "training", "status": "error"} for each in reports]
    send_event("document", document.pk, "parts:workflow", {"parts": parts})
    for model in document.ocr_models.filter(training=True):
        model.cancel_training(revoke_task=False, username=request.user.username)
    return JsonResponse({"status": "canceled", "details": f"Canceled {len(reports)} pending/running tasks"})


urlpatterns = [
    path("api/documents/<int:pk>/train/", train_recognition),
    path("api/documents/<int:pk>/segtrain/", train_segmentation),
    path("api/documents/<int:pk>/cancel_training/", cancel_training),
    path("api/documents/<int:pk>/cancel_tasks/", cancel_tasks),
    path("api/models/<int:pk>/cancel_training/", cancel_model),
]
