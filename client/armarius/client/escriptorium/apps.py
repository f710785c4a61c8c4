"""The Django app. It has no tables in eScriptorium's database and changes nothing there."""

from django.apps import AppConfig


class ArmariusConfig(AppConfig):  # type: ignore[misc]  # Django has no types here
    """Names the app; what replaces the bodies is set by ``CELERY_TASK_ANNOTATIONS``."""

    name = "armarius.client.escriptorium"
    label = "armarius"
    verbose_name = "Armarius"
