"""Celery's task annotations: how the bodies are replaced."""

from collections.abc import Callable
from typing import Any

from armarius.client.escriptorium.hooks.body import Original, body_for
from armarius.client.escriptorium.hooks.signals import connect
from armarius.client.escriptorium.options import options

THIS = "armarius.client.escriptorium.hooks:Annotation"

_originals: dict[str, Original] = {}


class Annotation:
    """Gives each training task a body that writes the training down for the pool.

    Whatever another annotation says of the same task stays: of several, Celery asks each.
    """

    def annotate(self, task: Any) -> dict[str, Callable[..., Any]] | None:
        """Returns what Celery shall set on a task, or None.

        Args:
            task: The class of a task that is being made ready.
        """
        chosen = options()
        if not chosen.enabled or task.name not in chosen.tasks:
            return None
        original = _originals.setdefault(task.name, Original.of(task))
        connect()
        return {"run": body_for(original)}


def annotations(*already: Any) -> tuple[Any, ...]:
    """Returns the value of ``CELERY_TASK_ANNOTATIONS``.

    Args:
        already: Annotations that were set before: dictionaries, objects or names.
    """
    others = [each for group in already for each in (group if isinstance(group, list | tuple) else [group]) if each]
    return (THIS, *(each for each in others if each != THIS))


def install(app: Any) -> Any:
    """Adds the annotation to those that a Celery app has, and returns the app.

    It must come before the app's tasks are made ready, so before the worker begins.
    """
    app.conf.task_annotations = annotations(app.conf.task_annotations)
    return app
