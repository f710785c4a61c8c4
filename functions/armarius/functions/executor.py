"""Parsl's executor as runs need it: it hears soon of jobs that are gone, and keeps none for a run that nobody wants.

Only the process that submits jobs loads this: a user endpoint for batch runs (see :mod:`armarius.functions.guard`), or
a pool on a submit host.
"""

import json
import re
import threading
from concurrent.futures import Future
from typing import Any

from parsl.executors import HighThroughputExecutor
from parsl.executors.high_throughput.executor import HTEXFuture
from pydantic import TypeAdapter, ValidationError

from armarius.functions.contracts import ArmariusError, RunId, RunState
from armarius.functions.site import Site

LOOK_SECONDS = 10
"""Between two looks at the scheduler's queue; Parsl's own minute is how late a dead job would be replaced."""

_RUN_ID = re.compile(r'"run_id": ?"([a-z0-9-]{1,64})"')


class NotWanted(ArmariusError):
    """A run was cancelled before it began. Nothing is to be done about it."""


class RunExecutor(HighThroughputExecutor):  # type: ignore[misc]
    """A HighThroughputExecutor whose tasks are runs.

    A run that is cancelled before it began counts no more: Parsl then takes back the job that still waits for it in
    the scheduler's queue. Its task stays with Parsl's interchange, which cannot forget one; a worker that gets it
    later finds the wish in the run's directory and returns at once.
    """

    site: Site | None = None
    """Where runs leave their wishes; by default as the environment says."""

    def start(self) -> None:
        """Starts it, with its own books."""
        self._tasks: _Tasks = _Tasks()
        self._runs: dict[int, str] = {}
        self._let_go: set[int] = set()
        super().start()

    @property
    def status_polling_interval(self) -> int:
        """Seconds between two looks at the scheduler's queue."""
        return min(int(super().status_polling_interval), LOOK_SECONDS)

    def submit(self, func: Any, resource_specification: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        """Takes a task of Parsl's own form, whose run is in one of its arguments."""
        future = super().submit(func, resource_specification, *args, **kwargs)
        return self._noted(future, next((str(arg["run_id"]) for arg in args if _has_run(arg)), None))

    def submit_payload(self, context: dict[str, Any], buffer: bytes) -> Any:
        """Takes a task of Globus Compute's form, which holds the run as JSON."""
        return self._noted(super().submit_payload(context, buffer), run_in(buffer))

    def outstanding(self) -> int:
        """Returns the number of tasks that still need a job, after letting go of those that nobody wants."""
        for task, run in list(self._runs.items()):
            if task not in self.tasks:
                del self._runs[task]
                self._let_go.discard(task)
            elif task not in self._let_go and self._is_unwanted(run):
                self._end(task, run)
        return sum(task not in self._let_go for task in list(self.tasks))

    def _noted(self, future: Any, run: str | None) -> Any:
        if run is not None:
            self._runs[future.parsl_executor_task_id] = run
        return future

    def _is_unwanted(self, run: str) -> bool:
        site = self.site or Site.from_environment()
        try:
            directory = site.run(TypeAdapter(RunId).validate_python(run))
            return directory.cancel_path.exists() and directory.state() is RunState.UNKNOWN
        except (ValidationError, OSError):
            return False

    def _end(self, task: int, run: str) -> None:
        self._let_go.add(task)
        if future := self._tasks.replace(task):
            future.set_exception(NotWanted(f"Run {run} was cancelled before it began."))


class _Tasks(dict[int, "Future[Any]"]):
    """The tasks by number. Two threads end them: whoever takes a future out is the one that sets it."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def pop(self, task: int, *default: Any) -> Any:
        with self._lock:
            return super().pop(task, *default)

    def replace(self, task: int) -> "Future[Any] | None":
        """Takes a future out and leaves one that nobody waits for; None if it has been taken."""
        with self._lock:
            future = self.get(task)
            if future is not None:
                self[task] = HTEXFuture(task)
            return future


def run_in(buffer: bytes) -> str | None:
    """Returns the run that a task of Globus Compute names, if it is of a form that is known."""
    try:
        text = json.loads(buffer[1:])["data"]["task_buffer"]
        found = _RUN_ID.search(text)
    except (ValueError, KeyError, TypeError):
        return None
    return found[1] if found else None


def _has_run(argument: Any) -> bool:
    return isinstance(argument, dict) and "run_id" in argument
