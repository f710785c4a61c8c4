"""A job asks for what it needs: no less, and no more than twice as much."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client.config.slurm import slurm_walltime
from armarius.client.jobs.plan import plan_rest
from armarius.client.jobs.state import JobState
from armarius.functions.contracts import Outcome, Reason, Shape, TrainReport
from cluster.slurm import SlurmCluster
from support.cli import Home, until

from .conftest import asked, blocks, seconds

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

WALLTIMES = {"330s": 330, "450s": 450, "10m": 600, "15m": 900, "20m": 1200, "30m": 1800, "45m": 2700}
"""Steps of at most one and a half, as in the profiles; the first is what a calibration of some seconds asks for."""

SHAPES = [Shape(name=f"cpu1-{size}g", cpus=1, memory=size * 10**9) for size in (2, 3, 4, 6)]
"""A site's shapes are as fine as it makes them."""

LONG = 340.0
"""Seconds that the training shall take: more than fit into the first walltime, so that there is a second job."""

ALLOWANCE = "30s"
SITE = """\
kind = "slurm"
root = "{root}"
kraken_python = "{kraken}"
slurm_conf = "{conf}"
address = "127.0.0.1"
walltimes = {walltimes}
start_allowance = "{allowance}"
worker_threshold = 6
"""
SHAPE = """
[[shapes]]
name = "{name}"
cpus = {cpus}
memory = {memory}
[slurm.{name}]
partition = "cpu"
"""

_log = logging.getLogger(__name__)
"""Says how close it was: --log-cli-level=INFO."""


@pytest.fixture
def home(host: SlurmCluster, python: Path, tmp_path: Path) -> Iterator[Home]:
    sites = tmp_path / "home" / "config" / "sites"
    sites.mkdir(parents=True)
    text = SITE.format(
        root=tmp_path / "root",
        kraken=python,
        conf=host.layout.conf,
        walltimes=json.dumps(list(WALLTIMES)),
        allowance=ALLOWANCE,
    )
    # TOML wants what belongs to the whole site first.
    shapes = [SHAPE.format(name=each.name, cpus=each.cpus, memory=each.memory) for each in SHAPES]
    (sites / "here.toml").write_text("".join([text, *shapes]))
    yield Home(tmp_path / "home", python)
    host.settle()


def trained(home: Home, pages: Path, name: str, epochs: int) -> dict[str, Any]:
    """Trains kraken's default network with 16 lines per step, and returns the job as it ended.

    In 32 bits, for only a long training would be searched for a faster arithmetic.
    """
    said = home.run(
        "train", str(pages), "-o", str(home.path / name), "--name", name, "-B", "16", "-q", "fixed", "-N", str(epochs),
        "--threads", "1", "--precision", "32-true", "--calibration", "15", "--checkpoint-every", "60",
        "--detach", "--json",
    )  # fmt: skip
    job = str(json.loads(said)["id"])
    with home.started("serve", output=home.path / f"{name}.log") as driver:
        until(lambda: home.state(job).final, f"the end of {name}", driver, patience=3000)
    return home.show(job)


def test_the_second_job_asks_for_what_the_plan_says_and_uses_at_least_half_of_it(
    home: Home, host: SlurmCluster, pages: Path
) -> None:
    (run,) = trained(home, pages, "short", 3)["runs"]
    probe = TrainReport.model_validate(run["report"])
    assert probe.reason in (None, Reason.NO_IMPROVEMENT), "in nine steps it may have learnt to read nothing"
    assert len(probe.epochs) == 3
    each = sum(epoch.seconds for epoch in probe.epochs) / 3

    long = trained(home, pages, "long", round(LONG / each))
    assert long["state"] == JobState.DONE, long["error"]
    first, second = long["runs"]
    measured, done = (TrainReport.model_validate(run["report"]) for run in (first, second))
    assert (measured.outcome, measured.reason) == (Outcome.PAUSED, Reason.CALIBRATED)
    assert measured.calibration is not None
    assert measured.checkpoint is not None

    plan = plan_rest(SHAPES, list(WALLTIMES.values()), measured.calibration)
    assert (second["shape"], second["walltime"]) == (plan.shape.name, plan.walltime)
    (rung,) = [text for text, length in WALLTIMES.items() if length == plan.walltime]
    job = blocks(host)[-1]  # Slurm forgets the first one meanwhile
    request = asked(host, job)
    assert seconds(request["TimeLimit"]) == seconds(slurm_walltime(rung, ALLOWANCE))
    assert (request["CPUs/Task"], request["MinMemoryNode"]) == ("1", f"{-(-plan.shape.memory // 2**20)}M")

    assert done.outcome is Outcome.FINISHED, "it was not cut"
    used = seconds(host.details(job.id)["RunTime"])
    assert done.usage.memory is not None
    assert done.usage.training_memory is not None
    assert done.usage.seconds < plan.walltime
    assert max(done.usage.memory, done.usage.job_memory or 0) < plan.shape.memory
    ratios = {
        "foretold / taken seconds": measured.calibration.seconds_left[1]
        / (done.usage.seconds - done.usage.setup_seconds),
        "asked / used seconds": seconds(request["TimeLimit"]) / used,
        "foretold / taken memory": measured.calibration.cost.memory / done.usage.training_memory,
        "asked / used memory": plan.shape.memory / done.usage.memory,
    }
    _log.info("%s", {name: round(ratio, 2) for name, ratio in ratios.items()})
    assert ratios["asked / used seconds"] <= 2, ratios
    assert ratios["asked / used memory"] <= 2, ratios
