"""Calibrate, plan, train, model home: on a real Slurm behind an unmodified endpoint."""

import json
import os
import subprocess
import sys
from pathlib import Path

from cluster.slurm import SlurmCluster
from support.cli import PATIENCE, Home, engine_of, until
from support.federation import Federation

from .conftest import TIMELY, Train, asked, blocks, cancelled_in_the_queue, cancelled_while_it_runs

CALIBRATED_FIRST = ("--calibration", "1", "-N", "10000", "-q", "early", "--lag", "2", "-r", "1e-9")
"""As many epochs as no walltime here holds, and an end by itself after few: at this rate nothing is learnt."""


def test_each_job_asks_for_what_the_plan_says(
    home: Home, train: Train, cluster: SlurmCluster, scratch: Path, tmp_path: Path
) -> None:
    before = len(blocks(cluster))
    job = train("planned", 1, *CALIBRATED_FIRST)
    with home.started("watch", job, output=tmp_path / "watch") as driver:
        engine = until(lambda: engine_of(f"{job}-2"), "the engine of the second run", driver)
        environment = engine.environ()
        driver.wait(240)
    shown = home.show(job)
    assert shown["state"] == "done", shown["error"]
    assert [run["shape"] for run in shown["runs"]] == ["spare", "cpu1"], (
        "what such trainings are known to take, then what this one does"
    )
    first, second = blocks(cluster)[before:]
    common = {"Account": "scholars", "Requeue": "0", "OverSubscribe": "OK", "gres": ""}
    assert asked(cluster, first) == common | {
        "Partition": "scavenge", "TimeLimit": "00:08:00", "NumCPUs": "2", "CPUs/Task": "2", "MinMemoryNode": "4G",
    }  # fmt: skip
    assert asked(cluster, second) == common | {
        "Partition": "cpu", "TimeLimit": "00:27:00", "NumCPUs": "1", "CPUs/Task": "1", "MinMemoryNode": "2G",
    }  # fmt: skip
    assert environment["ARMARIUS_TEST_MODULE"] == "loaded", "the operator's own lines"
    assert environment["VIRTUAL_ENV"]
    temporary = Path(environment["TMPDIR"])
    assert temporary.parent == scratch
    until(lambda: not cluster.jobs(), "both jobs to leave the cluster")
    assert not temporary.exists(), "a job takes its temporary folder with it"


def test_a_gpu_reaches_the_engine(home: Home, train: Train, cluster: SlurmCluster, tmp_path: Path) -> None:
    job = train("pretended", 1, "--site", "gpus")
    with home.started("watch", job, output=tmp_path / "watch") as driver:
        engine = until(lambda: engine_of(f"{job}-1"), "the engine", driver)
        assert engine.environ()["CUDA_VISIBLE_DEVICES"] == "0"
        assert asked(cluster, blocks(cluster)[-1])["gres"] == "gres:gpu:fake:1"
        driver.wait(120)
    assert "sees none" in home.show(job)["error"], "it is a pretended one"


def test_cancelled_in_the_queue_it_leaves_the_queue(
    home: Home, train: Train, cluster: SlurmCluster, tmp_path: Path
) -> None:
    for partition in ("cpu", "cpu", "gpu"):
        cluster.submit("exec sleep 600", "--exclusive", f"--partition={partition}")
    queued = cancelled_in_the_queue(home, cluster, train("waiting"), tmp_path / "serve")
    assert cluster.job(queued.id).state == "CANCELLED"
    assert cluster.details(queued.id)["NodeList"] == "", "it never began"


def test_cancelled_while_it_runs_it_leaves_the_cluster_in_time(
    home: Home, train: Train, cluster: SlurmCluster, tmp_path: Path
) -> None:
    assert cancelled_while_it_runs(home, cluster, train("running", 10000), tmp_path / "serve") < TIMELY


def test_the_doctor_finds_nothing_to_mend(started: Federation, cluster: SlurmCluster) -> None:
    """Slurm takes each shape with the longest walltime, and a job of each finds both environments on its node."""
    command = [sys.executable, "-m", "armarius.client.cli", "endpoint", "doctor", "--only", "scheduler", "--json"]
    done = subprocess.run(
        [*cluster.powers, *command, str(started.institutions["alpha"].profile)],
        env={**os.environ, **started.cloud.environment(started.institutions["alpha"].owner)},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    found = json.loads(done.stdout)
    assert [check["verdict"] for check in found] == ["ok"] * 7, found
    judged, started_jobs = found[1:4], found[4:]
    for shape, would, did in zip(("cpu1", "spare", "gpu"), judged, started_jobs, strict=True):
        assert would["found"] == f"Slurm would take shape {shape}, project htr for 00:27:00."
        assert f"runs shape {shape}, with kraken" in did["found"]


def test_the_pool_hears_how_the_queue_is(home: Home, cluster: SlurmCluster) -> None:
    sites = {site["name"]: site["queue"] for site in json.loads(home.run("sites", "--json"))}
    queue = sites["alpha"]
    assert queue["trouble"] == ""
    assert queue["free"] == {"cpu1": 8, "spare": 6, "gpu": 2}
    assert [partition["name"] for partition in queue["partitions"]] == ["cpu", "gpu", "scavenge"]
    assert len(queue["waits"]) == 9
    assert all(wait["seconds"] is not None and wait["seconds"] < 60 for wait in queue["waits"])
