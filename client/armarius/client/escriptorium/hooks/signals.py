"""Celery's signals: what is done around the body of a training, in whichever process they are sent."""

import logging
import time
from typing import Any

from celery import signals

from armarius.client.escriptorium.hooks.choice import meant_for_pool
from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.host import reports
from armarius.client.escriptorium.life.keeper import Keeper
from armarius.client.escriptorium.options import PAGE_TASKS, options
from armarius.client.escriptorium.record import Asked, ModelBusy
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)

MESSAGE_SECONDS = 120.0
"""How long a worker gets to take the message of a training that the web server has written down. After that the pool
begins without it: the queue was emptied."""

_keeper = Keeper()


def connect() -> None:
    """Connects all of them, once. eScriptorium's own were connected before: they are imported with its tasks."""
    signals.task_postrun.connect(after_body, dispatch_uid="armarius-postrun")
    signals.task_revoked.connect(revoked, dispatch_uid="armarius-revoked")
    signals.before_task_publish.connect(published, dispatch_uid="armarius-published")
    signals.worker_ready.connect(begin_to_drive, dispatch_uid="armarius-ready")
    signals.worker_shutdown.connect(stop_driving, dispatch_uid="armarius-shutdown")


def after_body(task_id: str | None = None, task: Any = None, **_: Any) -> None:
    """Puts the reports of a task back after eScriptorium has looked for them."""
    if _is_ours(task):
        reports.put_back(str(task_id))


def revoked(request: Any = None, sender: Any = None, **_: Any) -> None:
    """Ends what a task asked for that was revoked by whatever means."""
    if not _is_ours(sender):
        return
    try:
        with opened_ledger() as ledger:
            (ledger.pressed if sender.name in PAGE_TASKS else ledger).cancel(request.id)
    except ArmariusError as error:  # its reports say it, too: they are looked at again and again
        _LOG.warning("the revocation of %s could not be noted: %s", request.id, error)


def published(sender: str | None = None, headers: Any = None, body: Any = None, **_: Any) -> None:
    """Writes a training down before its message is sent, so that it outlives the queue.

    The body does it again; where this process cannot reach the journal, it alone does. Work on pages is not written
    down here: a button sends hundreds of messages, and its page would wait for the journal as often.
    """
    chosen = options()
    if not chosen.enabled or sender not in chosen.tasks:
        return
    args, kwargs = body[0], body[1]
    asked = Asked(str(sender), headers["id"], dict(kwargs))
    if args or "model_pk" not in kwargs or not meant_for_pool(asked, chosen) or chosen.on_outage != "wait":
        return
    try:
        with opened_ledger() as ledger:
            ledger.write_down(asked, time.time(), due=time.time() + MESSAGE_SECONDS)
    except ModelBusy:  # its body refuses it, and says why
        return
    except ArmariusError as error:
        _LOG.warning("training %s is only in the queue: %s", asked.id, error)


def begin_to_drive(sender: Any = None, **_: Any) -> None:
    """Starts the process that drives trainings, beside a worker that takes them."""
    app = sender.app
    taken = set(app.amqp.queues.consume_from or app.amqp.queues)
    if options().drive and any(_queue_of(app, name) in taken for name in options().replaced if name in app.tasks):
        _keeper.start()


def stop_driving(**_: Any) -> None:
    """Ends it with the worker."""
    _keeper.stop()


def _queue_of(app: Any, task: str) -> str:
    queue = app.amqp.router.route({}, task).get("queue")
    return str(getattr(queue, "name", queue))


def _is_ours(task: Any) -> bool:
    return getattr(task, "name", "") in options().replaced
