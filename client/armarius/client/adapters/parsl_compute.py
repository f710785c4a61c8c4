"""Computing through Parsl, with no service in between: on this machine, or on a cluster that it submits to."""

import os
from concurrent.futures import FIRST_COMPLETED, Future, wait
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any
from uuid import uuid4

from armarius.client.adapters.parsl_executors import Executors, LocalExecutors, SlurmExecutors
from armarius.client.config import LocalSiteConfig, SlurmSiteConfig
from armarius.client.errors import ConfigurationError, SiteUnreachable
from armarius.client.ports import TaskState, TaskView
from armarius.functions.contracts import RunSpec, Shape
from armarius.functions.registered import CONTROL, call_batch

SLURM_CONF = "SLURM_CONF"
"""Environment variable by which Slurm's commands find a cluster; Parsl runs them with this process' environment."""


class ParslCompute:
    """A site that this process drives itself, by Parsl's HighThroughputExecutor.

    Parsl starts with the first run that is handed over. Control functions are called directly: they only read and
    write small files that this machine sees.

    Args:
        config: The site. For a cluster, its SLURM_CONF becomes this process'.
    """

    def __init__(self, config: LocalSiteConfig | SlurmSiteConfig) -> None:
        self._config = config
        self._executors: Executors = (
            LocalExecutors(config) if isinstance(config, LocalSiteConfig) else SlurmExecutors(config)
        )
        if isinstance(config, SlurmSiteConfig) and config.slurm_conf:
            os.environ[SLURM_CONF] = config.slurm_conf
        self._kernel: Any = None
        self._scratch: TemporaryDirectory[str] | None = None
        self._starting = Lock()
        self._tasks: dict[str, Future[str]] = {}

    @property
    def pace(self) -> float:
        """Looking at a file of the same machine costs nothing."""
        return 0.0

    @property
    def lasting(self) -> bool:
        """Parsl's workers end with the process that started them, and so do its jobs."""
        return False

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Hands a run to Parsl."""
        reference = uuid4().hex
        payload = spec.model_dump(mode="json")
        try:
            kernel, label = self._parsl(shape, walltime)
        except Exception as error:
            hint = "Is armarius[local] installed?" if isinstance(error, ImportError) else ""
            raise ConfigurationError(f"Parsl cannot be started: {error}", hint) from error
        self._tasks[reference] = kernel.submit(
            call_batch,
            app_args=(spec.task.value, payload),
            executors=[label],
            cache=False,
            ignore_for_cache=(),
            app_kwargs={},
        )
        return reference

    def task(self, reference: str) -> TaskView:
        """Tells what is known of a task; one that an earlier process handed over is unknown."""
        future = self._tasks.get(reference)
        if future is None:
            return TaskView(TaskState.UNKNOWN)
        if not future.done():
            return TaskView(TaskState.PENDING)
        error = future.exception()
        return TaskView(TaskState.FAILED, _words(error)) if error else TaskView(TaskState.RETURNED)

    def call(self, function: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Calls a control function in this process.

        Raises:
            ConfigurationError: The site's directory cannot be used, before anything is there that could be lost.
            SiteUnreachable: It cannot be read or written just now.
        """
        try:
            return CONTROL[function](payload, self._config.site())
        except OSError as error:
            said = f"The directory of {self._config.name} cannot be used: {error}."
            if function == "probe":
                hint = "Free some room, mend its permissions, or give the site another root."
                raise ConfigurationError(said, hint) from error
            raise SiteUnreachable(said) from error

    def wait(self, seconds: float) -> None:
        """Waits until a task ends, at most for some seconds."""
        pending = [future for future in list(self._tasks.values()) if not future.done()]  # others submit
        wait(pending or [Future()], seconds, return_when=FIRST_COMPLETED)

    def close(self) -> None:
        """Ends Parsl and what it runs; runs in the middle go on from their newest checkpoint next time."""
        with self._starting:
            if self._kernel is not None:
                self._kernel.cleanup()
                self._kernel = None
            if self._scratch is not None:
                self._scratch.cleanup()
                self._scratch = None

    def _parsl(self, shape: Shape, walltime: float | None) -> tuple[Any, str]:
        """Returns Parsl's kernel, and the label of its executor for a shape and a walltime.

        One that has given up, after three jobs that failed before they could take a run, is replaced.
        """
        with self._starting:
            if self._kernel is None:
                self._scratch = self._executors.folder()
                self._kernel = _start(self._executors, self._scratch.name)
            name = self._executors.label(shape, walltime)
            known = [label for label in self._kernel.executors if label.rpartition("_")[0] == name]
            if known and not self._kernel.executors[known[-1]].bad_state_is_set:
                return self._kernel, known[-1]
            label = f"{name}_{len(known)}"
            self._kernel.add_executors([self._executors.make(label, shape, walltime)])
            return self._kernel, label


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _start(executors: Executors, scratch: str) -> Any:
    from parsl.config import Config
    from parsl.dataflow.dflow import DataFlowKernel
    from parsl.executors import ThreadPoolExecutor

    # Parsl starts with one executor at least; ours come when they are needed, and this one gets nothing to do.
    idle = ThreadPoolExecutor(label="none", max_threads=1)
    return DataFlowKernel(Config(executors=[idle], run_dir=scratch, initialize_logging=False, **executors.strategy))
