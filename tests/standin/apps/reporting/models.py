from datetime import datetime, timezone

from django.conf import settings
from django.db import models
from escriptorium.celery import app


class TaskGroup(models.Model):
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    document = models.ForeignKey("core.Document", on_delete=models.CASCADE)
    task = models.CharField(max_length=256)


class TaskReport(models.Model):
    workflow_state = models.PositiveSmallIntegerField(default=0)
    group = models.ForeignKey(TaskGroup, null=True, on_delete=models.SET_NULL)
    label = models.CharField(max_length=256)
    messages = models.TextField(blank=True)
    queued_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    task_id = models.CharField(max_length=64, blank=True, null=True)
    method = models.CharField(max_length=512, blank=True, null=True)
    cpu_cost = models.FloatField(blank=True, null=True)
    gpu_cost = models.FloatField(blank=True, null=True)
    document = models.ForeignKey("core.Document", null=True, on_delete=models.SET_NULL, related_name="reports")
    document_part = models.ForeignKey("core.DocumentPart", null=True, on_delete=models.SET_NULL, related_name="reports")
    ocr_model = models.ForeignKey("core.OcrModel", null=True, on_delete=models.SET_NULL, related_name="reports")

    @property
    def uri(self):
        return f"/report/{self.pk}/"

    def cancel(self, username):
        self.workflow_state, self.done_at = 4, datetime.now(timezone.utc)
        self.messages += f"Canceled by user {username}\n"
        self.save()
        app.control.revoke(self.task_id, terminate=True)
