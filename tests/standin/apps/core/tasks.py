"""The tasks. Their own bodies do nothing: they note that they ran, and take as long as they are told."""

import os
import time
from pathlib import Path

from celery import shared_task
from django.apps import apps
from reporting import tasks  # noqa: F401 - reports follow its signals


def _here(model_pk):
    model = apps.get_model("core", "OcrModel").objects.get(pk=model_pk)
    while (busy := os.environ.get("STANDIN_BUSY")) and Path(busy).exists():
        time.sleep(0.2)
    model.training_accuracy = 0.5
    model.save()
    return "trained by eScriptorium itself"


@shared_task(autoretry_for=(MemoryError,), default_retry_delay=60)
def segtrain(model_pk=None, part_pks=[], document_pk=None, task_group_pk=None, user_pk=None, **kwargs):  # noqa: B006
    return _here(model_pk)


@shared_task(autoretry_for=(MemoryError,), default_retry_delay=60)
def train(transcription_pk=None, model_pk=None, task_group_pk=None, part_pks=None, user_pk=None, **kwargs):
    return _here(model_pk)


@shared_task(autoretry_for=(MemoryError,), default_retry_delay=60)
def train_from_collection(collection_pk=None, model_pk=None, task_group_pk=None, user_pk=None, **kwargs):
    return _here(model_pk)


@shared_task(bind=True)
def segtrain_from_collection(self, collection_pk=None, model_pk=None, task_group_pk=None, user_pk=None, **kwargs):
    return _here(model_pk)


@shared_task(bind=True)
def segment(
    self, instance_pks, user_pk=None, model_pk=None, steps=None, text_direction=None, override=None,
    task_group_pk=None, **kwargs
):  # fmt: skip
    return "segmented by eScriptorium itself"


@shared_task(bind=True)
def transcribe(
    self, instance_pks, model_pk=None, user_pk=None, transcription_pk=None, text_direction=None, task_group_pk=None,
    **kwargs
):  # fmt: skip
    return "transcribed by eScriptorium itself"
