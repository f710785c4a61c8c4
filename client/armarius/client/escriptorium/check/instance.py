"""Is this eScriptorium as the pool needs it? Its versions, tasks, files and workers."""

import os
import tempfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings

from armarius.client.escriptorium.check.verdict import Verdict
from armarius.client.escriptorium.hooks.annotation import MARK
from armarius.client.escriptorium.host import shelf
from armarius.client.escriptorium.host.tables import has_table
from armarius.client.escriptorium.options import options, pool_config

INSPECT_SECONDS = 3.0

OWN_WORKER = "Start one: celery -A armarius.client.escriptorium.worker worker -Q default"


def generation(app: Any) -> Iterator[Verdict]:
    """Tells which eScriptorium this is, and which of its tasks are known."""
    try:
        kraken = metadata.version("kraken")
    except metadata.PackageNotFoundError:
        kraken = "none"
    known = [name for name in options().tasks if name in app.tasks]
    collections = "with" if has_table("VirtualCollectionItem") else "without"
    yield Verdict("eScriptorium", "ok", f"kraken {kraken}, {collections} collections; keeps models as {_format()}")
    missing = [name for name in ("core.tasks.train", "core.tasks.segtrain") if name not in known]
    if missing:
        step = "Is this an eScriptorium of 2025-08 or later? Is DJANGO_SETTINGS_MODULE its own?"
        yield Verdict("tasks", "wrong", f"it has no {', '.join(missing)}", step)
    else:
        yield Verdict("tasks", "ok", ", ".join(name.rpartition(".")[2] for name in known))


def _format() -> str:
    return shelf.format_here(options().model_format)


def storage() -> Iterator[Verdict]:
    """Tells whether models and images are where they can be read, written and linked."""
    media, home = shelf.media_root(), pool_config().home
    if not media.is_dir():
        yield Verdict("storage", "wrong", f"MEDIA_ROOT {media} is no directory", "Run this where the workers run.")
        return
    for folder, what in ((media / "models", "models"), (home, "the pool's home")):
        yield _writable(folder, what)
    if home.is_dir() and home.stat().st_dev != media.stat().st_dev:
        said = f"{home} and {media} are on different file systems: images are not linked, but used where they lie"
        yield Verdict("links", "note", said, "A page that is deleted while it is sent ends its training.")


def _writable(folder: Path, what: str) -> Verdict:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return Verdict("storage", "ok", f"{what}: {folder}")
    except OSError as error:
        step = f"Let the user {os.geteuid()} write there."
        return Verdict("storage", "wrong", f"{what}: {folder} cannot be written ({error.strerror})", step)


def routes(app: Any) -> Iterator[Verdict]:
    """Tells whether GPU minutes can be counted, and which queue trainings take."""
    written = getattr(settings, "CELERY_TASK_ROUTES", None)
    if not isinstance(written, dict):
        yield Verdict(
            "routes", "wrong", "CELERY_TASK_ROUTES is no dictionary", "eScriptorium counts GPU minutes by it."
        )
        return
    queues = {_queue_of(app, name) for name in options().tasks if name in app.tasks}
    yield Verdict("routes", "ok", f"trainings take the queue {', '.join(sorted(queues))}")


def pages(app: Any) -> Iterator[Verdict]:
    """Tells whose bodies segment and transcribe, and asks the workers that take such tasks."""
    chosen = options()
    if not chosen.page_tasks:
        yield Verdict("pages", "ok", "segment and transcribe are eScriptorium's own (PAGE_TASKS is not set)")
        return
    missing = [name for name in chosen.page_tasks if name not in app.tasks]
    if missing:
        yield Verdict("pages", "wrong", f"it has no {', '.join(missing)}", "Correct PAGE_TASKS.")
    named = ", ".join((*chosen.page_users, *chosen.page_groups))
    whose = f"the pages of {named}" if named else "everybody's pages"
    names = ", ".join(name.rpartition(".")[2] for name in chosen.page_tasks)
    yield Verdict("pages", "ok", f"{names} of {whose}; at most {chosen.pages_per_job} together are one job")
    registered = _answers(app, "registered", taskinfoitems=[MARK])
    taken = _answers(app, "active_queues")
    for name in chosen.page_tasks:
        if name in app.tasks:
            yield from _takers(name, chosen.page_queues or (_queue_of(app, name),), taken, registered)


def _takers(
    task: str, queues: tuple[str, ...], taken: dict[str, list[Any]], registered: dict[str, list[Any]]
) -> Iterator[Verdict]:
    """Tells which workers take a task on pages, and with whose body."""
    short = task.rpartition(".")[2]
    ours = sorted(name for name, its in taken.items() if {each["name"] for each in its}.intersection(queues))
    if not ours:
        yield Verdict(
            "pages", "wrong", f"no worker takes {short}: none hears the queue {', '.join(queues)}", OWN_WORKER
        )
    for worker in ours:
        if any(told.startswith(task) and f"[{MARK}=" in told for told in registered.get(worker, ())):
            yield Verdict("pages", "ok", f"{worker}: {short} goes to the pool")
        else:
            step = "Start it with -A armarius.client.escriptorium.worker, or set CELERY_TASK_ANNOTATIONS."
            yield Verdict("pages", "wrong", f"{worker} does {short} by itself", step)


def workers(app: Any) -> Iterator[Verdict]:
    """Asks the workers that run whether they take trainings, and with whose body."""
    taken = _answers(app, "active_queues")
    queues = {_queue_of(app, name) for name in options().tasks if name in app.tasks}
    training = sorted(name for name, its in taken.items() if queues & {each["name"] for each in its})
    if not training:
        step = "Start one: celery -A armarius.client.escriptorium.worker worker -Q gpu"
        yield Verdict("workers", "wrong", "no worker takes trainings", step)
    registered = _answers(app, "registered", taskinfoitems=[MARK])
    for name in training:
        replaced = {task for task in registered.get(name, ()) if f"[{MARK}=" in task}
        if replaced:
            yield Verdict("workers", "ok", f"{name}: {len(replaced)} bodies are replaced")
        else:
            step = "Start it with -A armarius.client.escriptorium.worker, or set CELERY_TASK_ANNOTATIONS."
            yield Verdict("workers", "wrong", f"{name} trains by itself", step)


def _answers(app: Any, question: str, **arguments: Any) -> dict[str, list[Any]]:
    """Asks all workers. Those that have the same name answer together: of them, Celery itself would hear one alone."""
    found: dict[str, list[Any]] = {}
    replies = app.control.broadcast(question, arguments=arguments, reply=True, timeout=INSPECT_SECONDS)
    for name, answer in (each for reply in replies or () for each in reply.items()):
        if isinstance(answer, list):  # else it says why it cannot
            found.setdefault(name, []).extend(answer)
    return found


def _queue_of(app: Any, task: str) -> str:
    queue = app.amqp.router.route({}, task).get("queue")
    return str(getattr(queue, "name", queue))
