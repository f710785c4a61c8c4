"""Celery's task annotations: how the bodies are replaced."""

from importlib.metadata import version
from typing import Any

from celery.app.annotations import prepare, resolve_all

from armarius.client.escriptorium.hooks.body import Original, body_for
from armarius.client.escriptorium.hooks.signals import connect
from armarius.client.escriptorium.options import options

MARK = "armarius"
"""An attribute of each task whose body is replaced, by which a worker can be asked from afar."""

_originals: dict[str, Original] = {}


class Annotation:
    """Gives each task that the pool shall do a body that writes down what is asked.

    Args:
        others: What else is to be annotated. Of several annotations that know a task, Celery hears the first alone, so
            this one speaks for them.
    """

    def __init__(self, *others: Any) -> None:
        self._others = prepare(others)

    def annotate(self, task: Any) -> dict[str, Any] | None:
        """Returns what Celery shall set on a task, or None.

        Args:
            task: The class of a task that is being made ready.
        """
        chosen = options()
        if not chosen.enabled or task.name not in chosen.replaced:
            return None
        original = _originals.setdefault(task.name, Original.of(task))
        connect()
        said = {name: value for each in resolve_all(self._others, task) for name, value in each.items()}
        return {**said, "run": body_for(original), MARK: version("armarius")}


def annotations(*already: Any) -> tuple[Any, ...]:
    """Returns the value of ``CELERY_TASK_ANNOTATIONS``.

    Args:
        already: Annotations that were set before: dictionaries, objects or names.
    """
    lists = (each if isinstance(each, list | tuple) else (each,) for each in already)
    others = tuple(each for group in lists for each in group if each and not isinstance(each, Annotation))
    return (Annotation(*others), *others)


def install(app: Any) -> Any:
    """Adds the annotation to those that a Celery app has, and returns the app.

    It must come before the app's tasks are made ready, so before the worker begins.
    """
    app.conf.task_annotations = annotations(app.conf.task_annotations)
    return app
