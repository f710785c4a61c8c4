"""The body that takes the place of eScriptorium's own."""

import inspect
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from armarius.client.escriptorium.data.wanted import wanted
from armarius.client.escriptorium.hooks import pages
from armarius.client.escriptorium.hooks.choice import goes_to_pool
from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.host import events, people, reports
from armarius.client.escriptorium.options import PAGE_TASKS
from armarius.client.escriptorium.record import Asked, ModelBusy
from armarius.functions.contracts import ArmariusError, BadInput

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Original:
    """A body of eScriptorium's own.

    Attributes:
        name: Of the task.
        run: The function.
        bound: Whether it takes the task as its first argument.
    """

    name: str
    run: Callable[..., Any]
    bound: bool

    @classmethod
    def of(cls, task: Any) -> "Original":
        """Finds the body of a task's class."""
        run = inspect.getattr_static(task, "run")
        bound = not isinstance(run, staticmethod)
        return cls(task.name, run if bound else run.__func__, bound)

    def __call__(self, task: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Does what eScriptorium does without us."""
        return self.run(task, *args, **kwargs) if self.bound else self.run(*args, **kwargs)

    def arguments(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Returns what the task was called with, by name."""
        signature = inspect.signature(self.run)
        given = signature.bind(*((None,) if self.bound else ()), *args, **kwargs).arguments
        catch_all = next((p.name for p in signature.parameters.values() if p.kind is p.VAR_KEYWORD), "")
        task = next(iter(signature.parameters)) if self.bound else ""
        named = {name: value for name, value in given.items() if name not in (catch_all, task)}
        return {**named, **given.get(catch_all, {})}


def body_for(original: Original) -> Callable[..., Any]:
    """Makes the body that takes the place of an original, which it falls back to."""

    def run(task: Any, *args: Any, **kwargs: Any) -> Any:
        asked = Asked(original.name, task.request.id, original.arguments(args, kwargs))
        if not goes_to_pool(asked, queue_of(task)):
            return original(task, args, kwargs)
        if asked.task in PAGE_TASKS:
            pages.take(asked)
        else:
            take(asked)
        return None

    return run


def queue_of(task: Any) -> str:
    """Returns the queue by which a task came; empty if it came by none."""
    return str((task.request.delivery_info or {}).get("routing_key") or "")


def take(asked: Asked) -> None:
    """Writes a training down, or refuses it and says why; nothing else, so the worker is free again at once."""
    try:
        user = people.find_user(asked.user)
        people.check_may_train(user)
        people.check_quotas(user)
        with opened_ledger() as ledger:
            ledger.write_down(asked, time.time())
            if reports.cancelled_in_queue(asked.task_id):
                ledger.cancel(asked.task_id)
    except ModelBusy as error:
        _refuse(asked, str(error))
    except ArmariusError as error:
        _refuse(asked, str(error))
        _tell_page(asked, str(error))
    reports.step_aside(asked.task_id)


def _refuse(asked: Asked, why: str) -> None:
    """Ends a training before it has begun; a model that another one trains is left alone."""
    _LOG.warning("training of model %s is refused: %s", asked.model, why)
    with suppress(ArmariusError), opened_ledger() as ledger:
        ledger.forget(asked.task_id)
    reports.say(asked.task_id, [why])
    reports.refer_to_first(asked.task_id)
    reports.end(asked.task_id, reports.State.ERROR, None)
    links = reports.report_links(asked.task_id)
    people.notify(people.find_user(asked.user), why, id_="training-error", level="danger", links=links)


def _tell_page(asked: Asked, why: str) -> None:
    """Not where another training of the model is watched: that goes on."""
    with suppress(BadInput):  # a page that is gone hears nothing
        about = wanted(asked.task, asked.arguments)
        events.error(about.room, asked.model, why)
        events.pages(about.room, about.parts, asked.task, "error", asked.task_id)
