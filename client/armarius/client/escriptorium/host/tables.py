"""eScriptorium's tables."""

from typing import Any

from django.apps import apps


def table(name: str, app: str = "core") -> Any:
    """Returns a model class, such as ``OcrModel``."""
    return apps.get_model(app, name)


def has_table(name: str, app: str = "core") -> bool:
    """Tells whether this generation of eScriptorium knows a table."""
    try:
        apps.get_model(app, name)
    except LookupError:
        return False
    return True


def task_reports() -> Any:
    """Returns the reports of tasks, which the page "Tasks monitoring" shows."""
    return table("TaskReport", "reporting").objects
