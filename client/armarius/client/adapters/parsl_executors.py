"""The executors by which Parsl computes: one for this machine, or one for each kind of job on a cluster."""

import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from pathlib import Path
from shlex import quote
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any, ClassVar

from armarius.client.adapters import leash
from armarius.client.config import LocalSiteConfig, SlurmSiteConfig, seconds_of
from armarius.client.config.script import exports, own_scratch, shape_bounds, walltime_bound
from armarius.client.config.slurm import scheduler_options, slurm_walltime
from armarius.functions.contracts import Shape
from armarius.functions.notice import TRAP
from armarius.functions.role import BATCH_ROLE, ROLE_VARIABLE


class Executors(ABC):
    """Makes the executors of one site. Parsl is imported with the first of them."""

    strategy: ClassVar[Mapping[str, Any]]
    """How Parsl starts and ends jobs, as its configuration takes it."""

    @abstractmethod
    def label(self, shape: Shape, walltime: float | None) -> str:
        """Names the executor for a shape and a walltime."""

    @abstractmethod
    def make(self, label: str, shape: Shape, walltime: float | None) -> Any:
        """Makes it, under a label that no other had."""

    @abstractmethod
    def folder(self) -> "TemporaryDirectory[str]":
        """Makes a directory for Parsl's own files. It does not quote their paths: there may be no blank in them."""


class LocalExecutors(Executors):
    """One block of workers on this machine for everything: nobody else shares it."""

    strategy = MappingProxyType({"strategy_period": 1})

    def __init__(self, config: LocalSiteConfig) -> None:
        self._config = config

    def label(self, shape: Shape, walltime: float | None) -> str:
        """There is one."""
        return "batch"

    def make(self, label: str, shape: Shape, walltime: float | None) -> Any:
        """Makes it; shape and walltime are the supervisor's to keep."""
        from parsl.executors import HighThroughputExecutor
        from parsl.providers import LocalProvider

        environment = "\n".join(exports(self._config.site().environment()))
        return HighThroughputExecutor(
            label=label,
            address="127.0.0.1",
            max_workers_per_node=self._config.workers,
            heartbeat_period=2,
            heartbeat_threshold=10,
            encrypted=False,
            block_error_handler=False,  # one pool that was killed must not spoil the executor for good
            provider=LocalProvider(init_blocks=1, min_blocks=0, max_blocks=1, worker_init=environment),
            **_common(),
        )

    def folder(self) -> "TemporaryDirectory[str]":
        """Makes it beside other temporary files: the site's root may have a blank in it."""
        return TemporaryDirectory(prefix="armarius-parsl-", ignore_cleanup_errors=True)


class SlurmExecutors(Executors):
    """One executor for each shape and walltime, whose blocks are jobs of one run each."""

    strategy = MappingProxyType({"strategy": "htex_auto_scale", "strategy_period": 2, "max_idletime": 3})

    def __init__(self, config: SlurmSiteConfig) -> None:
        self._config = config

    def label(self, shape: Shape, walltime: float | None) -> str:
        """Names it by both."""
        return f"{shape.name}-{self._rung(walltime)}"

    def make(self, label: str, shape: Shape, walltime: float | None) -> Any:
        """Makes it. What Slurm is told is in the site's file, letter by letter."""
        from parsl.addresses import address_by_interface
        from parsl.providers import SlurmProvider

        from armarius.functions.executor import RunExecutor

        config, slurm, rung = self._config, self._config.slurm[shape.name], self._rung(walltime)
        provider = SlurmProvider(
            partition=slurm.partition,
            account=slurm.account,
            qos=slurm.qos,
            constraint=slurm.constraint,
            gres=slurm.gres,
            exclusive=slurm.exclusive,
            scheduler_options="\n".join(scheduler_options(shape.cpus, shape.memory, slurm)),
            walltime=slurm_walltime(rung, config.start_allowance),
            init_blocks=0,
            min_blocks=0,
            max_blocks=config.max_blocks,
            worker_init="\n".join(self._script(shape, rung)),
            cmd_timeout=60,
        )
        executor = RunExecutor(
            label=label,
            address=address_by_interface(config.interface) if config.interface else config.address,
            max_workers_per_node=1,
            cores_per_worker=0.001,
            heartbeat_period=max(1, config.worker_threshold // 4),
            heartbeat_threshold=config.worker_threshold,
            drain_period=_drain(config),
            encrypted=True,
            provider=provider,
            **_common(),
        )
        executor.site = config.site()
        return executor

    def folder(self) -> "TemporaryDirectory[str]":
        """Makes it where the compute nodes see it; nobody else can read it, for keys are in it."""
        shared = Path(self._config.root) / "parsl"
        shared.mkdir(parents=True, exist_ok=True)
        return TemporaryDirectory(dir=shared, ignore_cleanup_errors=True)

    def _rung(self, walltime: float | None) -> str:
        return self._config.rung(walltime) if walltime else self._config.walltimes[-1]

    def _script(self, shape: Shape, rung: str) -> Iterator[str]:
        config = self._config
        yield from config.setup
        own = {"PYTHONNOUSERSITE": "1", ROLE_VARIABLE: BATCH_ROLE} | config.site().environment()
        yield from exports(config.variables | own)
        yield from own_scratch(config.scratch, config.walltimes, config.start_allowance)
        yield from TRAP.splitlines()
        yield from shape_bounds(shape)
        yield from walltime_bound(rung)


def _drain(config: SlurmSiteConfig) -> int:
    """A job that has begun its run takes no other: what is left of it would be less than the run was promised."""
    return max(1, int(seconds_of(config.start_allowance) / 2))


def _common() -> dict[str, Any]:
    """Returns what all executors have. Nothing is taken from the PATH: the environment need not be activated."""
    from parsl.executors.high_throughput.executor import DEFAULT_LAUNCH_CMD

    pool = f"{quote(sys.executable)} -m parsl.executors.high_throughput.process_worker_pool"
    return {
        "loopback_address": "127.0.0.1",
        "interchange_launch_cmd": [
            sys.executable, "-m", leash.__name__, "parsl.executors.high_throughput.interchange",
        ],
        "launch_cmd": DEFAULT_LAUNCH_CMD.replace("process_worker_pool.py", pool, 1),
    }  # fmt: skip
