"""The Celery app, made and configured as eScriptorium makes its own."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "escriptorium.settings")

app = Celery("escriptorium")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
