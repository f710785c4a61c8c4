from datetime import timedelta

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Sum
from django.utils import timezone

from users.consumers import send_notification


class User(AbstractUser):
    quota_disk_storage = models.PositiveIntegerField(null=True, blank=True)
    quota_cpu = models.PositiveIntegerField(null=True, blank=True)
    quota_gpu = models.PositiveIntegerField(null=True, blank=True)

    def notify(self, message, id=None, level="info", links=None):
        send_notification(self.pk, message, id=id or hash(message), level=level, links=links)

    def _spent(self, cost):
        week = self.taskreport_set.filter(started_at__gte=timezone.now() - timedelta(days=7))
        return week.aggregate(total=Sum(cost))["total"] or 0

    def cpu_minutes_limit(self):
        return self.quota_cpu if self.quota_cpu is not None else settings.QUOTA_CPU_MINUTES

    def has_free_cpu_minutes(self):
        return self.cpu_minutes_limit() is None or self.cpu_minutes_limit() > self._spent("cpu_cost")

    def gpu_minutes_limit(self):
        return self.quota_gpu if self.quota_gpu is not None else settings.QUOTA_GPU_MINUTES

    def has_free_gpu_minutes(self):
        return self.gpu_minutes_limit() is None or self.gpu_minutes_limit() > self._spent("gpu_cost")

    def disk_storage_limit(self):
        return self.quota_disk_storage

    def has_free_disk_storage(self):
        used = self.ocrmodel_set.aggregate(total=Sum("file_size"))["total"] or 0
        return self.disk_storage_limit() is None or self.disk_storage_limit() * 2**20 > used
