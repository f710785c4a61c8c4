"""Computing through Parsl, with no service in between: on this machine."""

import sys
from concurrent.futures import FIRST_COMPLETED, Future, wait
from shlex import quote
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any
from uuid import uuid4

from armarius.client.adapters import leash
from armarius.client.config import LocalSiteConfig
from armarius.client.errors import ConfigurationError, SiteUnreachable
from armarius.client.ports import TaskState, TaskView
from armarius.functions.contracts import RunSpec, Shape
from armarius.functions.registered import CONTROL, call_batch
from armarius.functions.site import Site


class ParslCompute:
    """A site that this process drives itself, by Parsl's HighThroughputExecutor.

    Parsl starts with the first run that is handed over. Control functions are called directly: they only read and
    write small files of the same machine.

    Args:
        config: The site.
    """

    def __init__(self, config: LocalSiteConfig) -> None:
        self._config = config
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
        """Parsl's workers end with the process that started them."""
        return False

    def submit(self, spec: RunSpec, shape: Shape, walltime: float | None) -> str:
        """Hands a run to Parsl. Shape and walltime are the supervisor's to keep: nobody else shares the machine."""
        reference = uuid4().hex
        payload = spec.model_dump(mode="json")
        try:
            kernel = self._parsl()
        except Exception as error:
            hint = "Is armarius[local] installed?" if isinstance(error, ImportError) else ""
            raise ConfigurationError(f"Parsl cannot be started: {error}", hint) from error
        self._tasks[reference] = kernel.submit(
            call_batch,
            app_args=(spec.task.value, payload),
            executors=["batch"],
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
        pending = [future for future in self._tasks.values() if not future.done()]
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

    def _parsl(self) -> Any:
        with self._starting:
            if self._kernel is None:
                # Parsl does not quote the paths of its own scripts, and the site's root may have a blank in it.
                self._scratch = TemporaryDirectory(prefix="armarius-parsl-", ignore_cleanup_errors=True)
                self._kernel = _start(self._config, self._config.site(), self._scratch.name)
            return self._kernel


def _words(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _start(config: LocalSiteConfig, site: Site, scratch: str) -> Any:
    """Starts Parsl with one block of workers on this machine.

    Nothing of it is taken from the PATH: the program may run from an environment that is not activated.
    """
    from parsl.config import Config
    from parsl.dataflow.dflow import DataFlowKernel
    from parsl.executors import HighThroughputExecutor
    from parsl.executors.high_throughput.executor import DEFAULT_LAUNCH_CMD
    from parsl.providers import LocalProvider

    interchange = [sys.executable, "-m", leash.__name__, "parsl.executors.high_throughput.interchange"]
    pool = f"{quote(sys.executable)} -m parsl.executors.high_throughput.process_worker_pool"
    return DataFlowKernel(
        Config(
            executors=[
                HighThroughputExecutor(
                    label="batch",
                    address="127.0.0.1",
                    loopback_address="127.0.0.1",
                    interchange_launch_cmd=interchange,
                    launch_cmd=DEFAULT_LAUNCH_CMD.replace("process_worker_pool.py", pool, 1),
                    max_workers_per_node=config.workers,
                    heartbeat_period=2,
                    heartbeat_threshold=10,
                    encrypted=False,
                    block_error_handler=False,  # one pool that was killed must not spoil the executor for good
                    provider=LocalProvider(
                        init_blocks=1, min_blocks=0, max_blocks=1, worker_init=_exports(site.environment())
                    ),
                )
            ],
            run_dir=scratch,
            initialize_logging=False,
            strategy_period=1,
        )
    )


def _exports(environment: dict[str, str]) -> str:
    return "\n".join(f"export {name}={quote(value)}" for name, value in environment.items())
