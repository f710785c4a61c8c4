"""A pool on a submit host: Parsl over a real Slurm, with no service in between."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster.slurm import SlurmCluster
from support.cli import Home, engine_of, until
from support.synthetic_dataset import TINY_SPEC

from .conftest import TIMELY, asked, blocks, cancelled_in_the_queue, cancelled_while_it_runs

SITE = """\
kind = "slurm"
root = "{root}"
kraken_python = "{kraken}"
slurm_conf = "{conf}"
address = "127.0.0.1"
walltimes = ["10m", "25m"]
worker_threshold = 6
setup = ["export ARMARIUS_TEST_SETUP='it is here'"]
scratch = "{scratch}"

[[shapes]]
name = "cpu1"
cpus = 1
memory = 2147483648

[slurm.cpu1]
partition = "cpu"
"""


@pytest.fixture
def home(host: SlurmCluster, python: Path, scratch: Path, tmp_path: Path) -> Iterator[Home]:
    """The pool's own; afterwards the cluster is empty again."""
    sites = tmp_path / "home" / "config" / "sites"
    sites.mkdir(parents=True)
    root = tmp_path / "root"
    text = SITE.format(root=root, kraken=python, conf=host.layout.conf, scratch=scratch)
    (sites / "here.toml").write_text(text)
    yield Home(tmp_path / "home", python)
    host.settle()


def written_down(home: Home, pages: Path, epochs: int) -> str:
    said = home.run(
        "train", str(pages), "-o", str(home.path / "results"), "--name", "model", "-s", TINY_SPEC, "-B", "1",
        "-q", "fixed", "-N", str(epochs), "-r", "0.003", "--threads", "1", "--calibration", "1",
        "--checkpoint-every", "1", "--detach", "--json",
    )  # fmt: skip
    return str(json.loads(said)["id"])


def test_it_trains_in_a_job_of_the_shape(
    home: Home, host: SlurmCluster, pages: Path, scratch: Path, tmp_path: Path
) -> None:
    before = len(blocks(host))
    job = written_down(home, pages, 6)
    with home.started("watch", job, output=tmp_path / "watch") as driver:
        environment = until(lambda: engine_of(f"{job}-1"), "the engine", driver).environ()
        driver.wait(240)
    shown = home.show(job)
    assert shown["state"] == "done", shown["error"]
    (block,) = blocks(host)[before:]
    assert asked(host, block) == {
        "Partition": "cpu", "Account": "(null)", "TimeLimit": "00:12:00", "NumCPUs": "1", "CPUs/Task": "1",
        "MinMemoryNode": "2G", "Requeue": "0", "OverSubscribe": "OK", "gres": "",
    }  # fmt: skip
    assert environment["ARMARIUS_TEST_SETUP"] == "it is here"
    assert Path(environment["TMPDIR"]).parent == scratch
    until(lambda: not host.jobs(), "the cluster to be empty")
    assert not list(scratch.iterdir())
    assert not list((tmp_path / "root" / "parsl").iterdir()), "Parsl's own files go with the pool"


def test_cancelled_in_the_queue_it_leaves_the_queue(
    home: Home, host: SlurmCluster, pages: Path, tmp_path: Path
) -> None:
    for _ in host.cpu_nodes:
        host.submit("exec sleep 600", "--exclusive")
    queued = cancelled_in_the_queue(home, host, written_down(home, pages, 6), tmp_path / "serve")
    assert host.details(queued.id)["NodeList"] == "", "it never began"


def test_cancelled_while_it_runs_it_leaves_the_cluster_in_time(
    home: Home, host: SlurmCluster, pages: Path, tmp_path: Path
) -> None:
    assert cancelled_while_it_runs(home, host, written_down(home, pages, 10000), tmp_path / "serve") < TIMELY


def test_the_pool_is_killed_and_its_job_ends_and_goes_on_later(
    home: Home, host: SlurmCluster, pages: Path, tmp_path: Path
) -> None:
    job = written_down(home, pages, 60)
    run = tmp_path / "root" / "runs" / f"{job}-1"
    with home.started("watch", job, output=tmp_path / "watch") as driver:
        until(lambda: list(run.glob("checkpoints/[0-9]*.ckpt")), "a checkpoint", driver)
        driver.kill()
        driver.wait()
    until(lambda: not host.jobs(), "the cluster to be empty: Parsl's jobs end with Parsl")
    home.run("watch", job)
    shown = home.show(job)
    assert shown["state"] == "done", shown["error"]
    assert [epoch["number"] for epoch in shown["runs"][-1]["report"]["epochs"]] == list(range(1, 61))


def test_it_tells_how_the_queue_is(home: Home, host: SlurmCluster) -> None:
    (site,) = json.loads(home.run("sites", "--json"))
    assert site["queue"]["free"] == {"cpu1": 6}, "three of 2 GiB on each node of 8,000 MB"
    assert [(wait["walltime"], wait["refusal"]) for wait in site["queue"]["waits"]] == [("10m", ""), ("25m", "")]
    assert all(wait["seconds"] < 60 for wait in site["queue"]["waits"])
    taken = [host.submit("exec sleep 600", "--exclusive", "--time=30") for _ in host.cpu_nodes]
    until(lambda: all(host.job(each).state == "RUNNING" for each in taken), "the others")
    (site,) = json.loads(home.run("sites", "--json"))
    assert site["queue"]["free"] == {"cpu1": 0}
    assert all(1200 < wait["seconds"] <= 1860 for wait in site["queue"]["waits"]), "until the others' walltime ends"
    assert [(each["name"], each["cpus_free"]) for each in site["queue"]["partitions"]] == [("cpu", 0)]
