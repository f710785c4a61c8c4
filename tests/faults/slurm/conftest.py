"""A pool of one site, a real Slurm cluster, which trains a tiny network with the real kraken."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client import Pool
from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.local_staging import LocalStaging
from armarius.client.adapters.parsl_compute import ParslCompute
from armarius.client.config import LocalSiteConfig, PoolConfig, SlurmSiteConfig
from armarius.client.job import Job
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.owner import this_process
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.functions.contracts import RecognitionParameters, Shape, TrainReport
from armarius.functions.rundir import RunDir
from armarius.functions.signing import KEY_VARIABLE
from cluster.layout import Size
from cluster.slurm import SlurmCluster, why_no_cluster
from support.cli import until
from support.engine_process import find_kraken_python
from support.slurm_site import SlurmSite
from support.synthetic_dataset import TINY_SPEC, write_small_pages

GIB = 2**30
SHAPE = Shape(name="cpu1", cpus=1, memory=3 * GIB)


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    if reason := why_no_cluster():
        pytest.skip(reason)
    cluster = SlurmCluster(tmp_path_factory.mktemp("slurm"), "life", Size(cpus=2, memory=6000, gpus=1))
    with cluster.running(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_CONF", str(cluster.layout.conf))
        yield cluster


MakeBench = Callable[..., "Bench"]


class Bench:
    """A pool, its one site, and the job that a test made."""

    def __init__(self, cluster: SlurmCluster, folder: Path, pages: Path, python: Path, root: Path | None) -> None:
        self.cluster = cluster
        self.folder = folder
        self.pages = pages
        self.config = LocalSiteConfig(name="alpha", root=root or folder / "site", kraken_python=python, shapes=(SHAPE,))
        self.site = SlurmSite(cluster, self.config)
        self._journal = journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
        link = SiteLink(self.config, self.site, LocalStaging(self.config.root))
        config = PoolConfig(journal="sqlite://", home=folder, sites=(self.config,))
        self.pool = Pool(config, Desk(journal, {"alpha": link}, SystemClock(), this_process()))
        self.job: Job

    def train(self, epochs: int = 400, every: float = 2, **parameters: Any) -> Job:
        """Writes a training down. It takes about a minute if nothing ends it before."""
        wanted = {"spec": TINY_SPEC, "batch_size": 1, "quit": "fixed", "epochs": epochs, "lrate": 3e-3, **parameters}
        self.job = self.pool.train(
            [self.pages],
            name="model",
            parameters=RecognitionParameters.model_validate(wanted),
            output=self.folder / "results",
            calibration=1,
            checkpoint_every=every,
        )
        return self.job

    def shapes(self, *offered: Shape) -> None:
        """Changes what the site offers."""
        self.config = self.config.model_copy(update={"shapes": offered})
        link = SiteLink(self.config, self.site, LocalStaging(self.config.root))
        self.pool = Pool(self.pool.config, Desk(self._journal, {"alpha": link}, SystemClock(), this_process()))

    def through_parsl(self) -> None:
        """Hands runs to Parsl, as a pool on a submit host does."""
        site = {
            "name": "alpha", "root": str(self.config.root), "kraken_python": str(self.config.kraken_python),
            "shapes": [SHAPE], "slurm": {SHAPE.name: {"partition": "cpu"}}, "walltimes": ("50m",),
            "address": "127.0.0.1", "slurm_conf": str(self.cluster.layout.conf),
            "variables": {KEY_VARIABLE: os.environ[KEY_VARIABLE]},
        }  # fmt: skip
        config = SlurmSiteConfig.model_validate(site)
        link = SiteLink(config, ParslCompute(config), LocalStaging(self.config.root))
        self.pool = Pool(self.pool.config, Desk(self._journal, {"alpha": link}, SystemClock(), this_process()))

    def resume(self) -> None:
        """Lets the job go on, as a person does."""
        desk = self.pool.desk
        assert desk.claim(self.job.id)
        desk.journal.revive(self.job.id, desk.owner, desk.clock.now(), "resumed")

    def look(self) -> JobRow:
        """Takes the job one step further."""
        return self.pool.driver.look(self.job.id)

    def until(self, condition: Callable[[], Any], what: str) -> Any:
        """Drives the job until a condition holds."""

        def holds() -> Any:
            row = self.look()
            assert not row.state.final or condition(), f"{row.state.value}: {row.error}\n{self.output()}"
            return condition()

        return until(holds, f"{what}; {self.history()}")

    def ended(self) -> JobRow:
        """Drives the job to its end."""
        until(lambda: self.look().state.final, "the end of the job")
        return self.job.status()

    def done(self) -> TrainReport:
        """Drives the job to its good end."""
        row = self.ended()
        assert row.state is JobState.DONE, f"{row.error}\n{self.history()}\n{self.output()}"
        return TrainReport.model_validate(self.runs()[-1].report_json)

    def runs(self) -> list[RunRow]:
        return list(self.job.status().runs)

    def directory(self) -> RunDir:
        """The directory of the newest run."""
        return self.config.site().run(self.runs()[-1].id)

    def steps(self) -> int:
        """Optimiser steps that the newest run has done, as its directory tells."""
        lines = self.directory().read_progress(0, 100_000)[0]
        return max((line.step for line in lines), default=0)

    def checkpoint(self) -> int:
        """The step of the newest checkpoint of the newest run; 0 without one."""
        found = self.directory().newest_checkpoint()
        return found.step if found else 0

    def slurm_job(self) -> int:
        """The Slurm job of the newest run, as its directory tells."""
        claim = self.directory().current_claim()
        assert claim is not None
        return int(claim.job)

    def computing(self, beyond: int = 0) -> int:
        """Drives the job until its newest run has a checkpoint and has gone on from there; returns its Slurm job."""
        self.until(
            lambda: self.runs() and self.steps() > max(self.checkpoint(), beyond) > 0 and self.checkpoint() > beyond,
            f"a run in the middle, beyond step {beyond}",
        )
        return self.slurm_job()

    def next_run(self, number: int) -> RunRow:
        """Drives the job until a run of this number is with the site."""
        self.until(lambda: len(self.runs()) >= number and self.runs()[-1].submitted, f"run {number}")
        return self.runs()[number - 1]

    def output(self) -> str:
        """What the newest job printed, if it came from here."""
        return self.site.output() if self.site.jobs else ""

    def history(self) -> list[str]:
        """What the person saw."""
        return [event.message for event in self.job.status().events]


@pytest.fixture(scope="session")
def small_pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def make(cluster: SlurmCluster, tmp_path: Path, small_pages: Path) -> Iterator[MakeBench]:
    python = find_kraken_python()
    if python is None:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    made: list[Bench] = []

    def make(name: str = "bench", root: Path | None = None) -> Bench:
        folder = tmp_path / name
        folder.mkdir()
        made.append(Bench(cluster, folder, small_pages, python, root))
        return made[-1]

    yield make
    for each in made:
        each.pool.close()
    cluster.settle()


@pytest.fixture
def bench(make: MakeBench) -> Bench:
    return make()
