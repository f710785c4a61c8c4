"""One cluster, and one institution that lends it over Globus; both start once."""

import json
import logging
import re
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import pytest

from armarius.client.jobs.state import JobState
from cluster.layout import Size
from cluster.queue import SlurmJob
from cluster.slurm import SlurmCluster, why_no_cluster
from support.cli import Home, engine_of, until
from support.engine_process import find_kraken_python
from support.federation import Federation, federation, why_no_federation
from support.powers import can_shed_root, shed_root
from support.synthetic_dataset import TINY_SPEC, write_small_pages

Train = Callable[..., str]

TIMELY = 10.0
"""Seconds from the wish that a job ends until nothing of it is left in the cluster."""

_log = logging.getLogger(__name__)
"""Tells what was measured: --log-cli-level=INFO."""

ALPHA = """\
walltimes = ["6m", "10m", "25m"]
start_allowance = "2m"
setup = ["module load armarius-tests", "source {activate}"]
scratch = "{scratch}"
max_blocks = 2

[variables]
SLURM_CONF = "{conf}"
BASH_ENV = "{modules}"

[projects]
htr = "scholars"

[network]
interface = "lo"

[[shapes]]
name = "cpu1"
cpus = 1
memory = "2GiB"
slurm = {{ partition = "cpu" }}

[[shapes]]
name = "spare"
cpus = 2
memory = "4GiB"
slurm = {{ partition = "scavenge" }}

[[shapes]]
name = "gpu"
cpus = 2
memory = "3GiB"
gpus = 1
gpu_memory = "8GiB"
slurm = {{ partition = "gpu", gres = "gpu:fake:1" }}
"""
"""What an operator of a plain Slurm cluster writes."""

MODULES = """\
module() { [ "$1 $2" = "load armarius-tests" ] && export ARMARIUS_TEST_MODULE=loaded; }
"""
"""As a site's own start-up file defines the command."""


@pytest.fixture(scope="package")
def python() -> Path:
    found = find_kraken_python()
    if found is None:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    return found


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    """A cluster of the account under which an endpoint runs here."""
    if reason := why_no_cluster():
        pytest.skip(reason)
    powers = shed_root() if can_shed_root() else ()
    with SlurmCluster(tmp_path_factory.mktemp("slurm"), size=Size(memory=10000), powers=powers).running() as cluster:
        yield cluster


@pytest.fixture(scope="package")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    """A cluster of the account that runs the tests."""
    if reason := why_no_cluster():
        pytest.skip(reason)
    with SlurmCluster(tmp_path_factory.mktemp("host"), "host").running() as cluster:
        yield cluster


@pytest.fixture(scope="package")
def scratch() -> Iterator[Path]:
    """Space for temporary files on the nodes, with a short path as there."""
    with TemporaryDirectory(prefix="scratch-", dir="/tmp") as folder:
        yield Path(folder)


@pytest.fixture(scope="package")
def started(
    tmp_path_factory: pytest.TempPathFactory, python: Path, cluster: SlurmCluster, scratch: Path
) -> Iterator[Federation]:
    if reason := why_no_federation():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("federation")
    (folder / "modules.sh").write_text(MODULES)
    profile = ALPHA.format(
        conf=cluster.layout.conf,
        scratch=scratch,
        modules=folder / "modules.sh",
        activate=python.parent / "activate",
    )
    with federation(folder, python, ["alpha"], pace=1.0, clusters={"alpha": profile}) as made:
        split_off_gpus(made.home.path / "config" / "sites" / "alpha.toml")
        yield made


def split_off_gpus(site: Path) -> None:
    """Makes two sites of a file, with and without GPUs, for torch cannot train on a pretended one."""
    head, *tables = re.split(r"^(?=\[)", site.read_text(), flags=re.MULTILINE)
    shapes = [table for table in tables if table.startswith("[[shapes]]")]
    gpus = [shape for shape in shapes if 'name = "gpu"' in shape]
    site.write_text("".join([head, *(table for table in tables if table not in gpus)]))
    only_gpus = [table for table in tables if table not in shapes or table in gpus]
    site.with_name("gpus.toml").write_text("".join([head.replace('name = "alpha"', 'name = "gpus"'), *only_gpus]))


@pytest.fixture
def home(started: Federation, cluster: SlurmCluster) -> Iterator[Home]:
    """The pool's; afterwards the cluster is empty again."""
    yield started.home
    cluster.settle()


@pytest.fixture(scope="package")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three small pages in PAGE XML beside their images."""
    return write_small_pages(tmp_path_factory.mktemp("pages"))


@pytest.fixture
def train(home: Home, pages: Path, tmp_path: Path) -> Train:
    """Writes a training down; returns the job's id."""

    def write_down(name: str = "model", epochs: int = 12, *more: str) -> str:
        said = home.run(
            "train", str(pages), "-o", str(tmp_path / f"{name}-results"), "--name", name, "--site", "alpha",
            "-s", TINY_SPEC, "-B", "1", "-q", "fixed", "-N", str(epochs), "-r", "0.003", "--threads", "1",
            "--checkpoint-every", "1", "--detach", "--json", *more,
        )  # fmt: skip
        return str(json.loads(said)["id"])

    return write_down


def blocks(cluster: SlurmCluster) -> list[SlurmJob]:
    """Returns the jobs of endpoints, the oldest first."""
    return [job for job in cluster.all_jobs() if job.name.startswith("parsl")]


def seconds(slurm: str) -> int:
    """Reads a length of time as Slurm writes it below a day."""
    hours, minutes, rest = map(int, slurm.split(":"))
    return hours * 3600 + minutes * 60 + rest


def asked(cluster: SlurmCluster, job: SlurmJob) -> dict[str, str]:
    """Returns what a job asked Slurm for."""
    wanted = ("Partition", "Account", "TimeLimit", "NumCPUs", "CPUs/Task", "MinMemoryNode", "Requeue", "OverSubscribe")
    details = cluster.details(job.id)
    return {name: details[name] for name in wanted} | {"gres": details.get("TresPerNode", "")}


def cancelled_in_the_queue(home: Home, cluster: SlurmCluster, job: str, output: Path) -> SlurmJob:
    """Drives a job until Slurm has queued it, cancels it, and waits until it has left the queue.

    Meanwhile others must have the whole cluster. Returns what was in the queue.
    """
    others = {each.id for each in cluster.jobs()}
    with home.started("serve", output=output) as driver:
        (queued,) = until(lambda: [each for each in cluster.jobs() if each.id not in others], "the queue", driver)
        home.run("cancel", job)
        until(lambda: not cluster.job(queued.id).active, "the queue without it", driver)
        until(lambda: home.state(job) is JobState.CANCELLED, "the job to be cancelled", driver)
        driver.send_signal(signal.SIGINT)
        driver.wait(60)
    assert {each.id for each in cluster.jobs()} == others, "nothing took its place"
    return queued


def cancelled_while_it_runs(home: Home, cluster: SlurmCluster, job: str, output: Path) -> float:
    """Drives a job until it is in the middle of its training, cancels it, and waits until it is cancelled.

    Returns the seconds from the wish to the end of the Slurm job: out of the queue, and not ending any more.
    """
    with home.started("serve", output=output) as driver:
        engine: psutil.Process = until(lambda: engine_of(f"{job}-1"), "its engine", driver)
        until(lambda: home.progress(job) > 0, "its first steps", driver)
        wished = time.monotonic()
        home.ask_to_cancel(job)
        until(lambda: not cluster.jobs(), "the cluster to be empty", driver)
        seconds = time.monotonic() - wished
        assert not engine.is_running()
        until(lambda: home.state(job) is JobState.CANCELLED, "the job to be cancelled", driver)
        driver.send_signal(signal.SIGINT)
        driver.wait(60)
    _log.info("out of the queue %.1f s after the wish", seconds)
    return seconds
