"""The clusters that tests run on are real ones, and end what they start."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cluster.addresses import own_loopback
from cluster.cgroups import Cgroups
from cluster.slurm import SlurmCluster, why_no_cluster
from support.cli import until
from support.powers import can_shed_root, shed_root


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    if reason := why_no_cluster():
        pytest.skip(reason)
    with SlurmCluster(tmp_path_factory.mktemp("slurm")).running() as cluster:
        yield cluster


def ended(cluster: SlurmCluster, job: int) -> str:
    """Waits until a job has ended, and returns how."""
    until(lambda: not cluster.job(job).active, f"the end of job {job}")
    return cluster.job(job).state


def runs(cluster: SlurmCluster, job: int) -> bool:
    return cluster.job(job).state == "RUNNING"


@pytest.mark.skipif(own_loopback() is None, reason="this machine's name leads to a network")
def test_nobody_on_a_network_can_reach_it(cluster: SlurmCluster) -> None:
    """munge has but a socket file."""
    daemons = [process for process in psutil.process_iter() if str(cluster.folder) in _words_of(process)]
    heard = {(process.name(), address) for process in daemons for address in _addresses(process)}
    assert heard == {("slurmctld", own_loopback()), ("slurmd", own_loopback())}


def test_a_job_gets_the_gpu_that_it_asks_for(cluster: SlurmCluster, tmp_path: Path) -> None:
    told = tmp_path / "told"
    job = cluster.submit(f"echo $CUDA_VISIBLE_DEVICES > {told}", "--partition=gpu", "--gres=gpu:1", "--time=2")
    assert ended(cluster, job) == "COMPLETED"
    assert told.read_text() == "0\n"
    details = cluster.details(job)
    assert (details["Partition"], details["TimeLimit"]) == ("gpu", "00:02:00")
    assert details["TresPerNode"] == "gres:gpu:1"


def test_a_preempted_job_is_told_apart_from_a_cancelled_one(cluster: SlurmCluster) -> None:
    victim = cluster.submit("exec sleep 600", "--partition=scavenge", "--no-requeue")
    until(lambda: runs(cluster, victim), "the first job to run")
    taker = cluster.preempt(victim)
    assert ended(cluster, victim) == "PREEMPTED"
    cluster.cancel(taker)
    assert ended(cluster, taker) == "CANCELLED"


def test_too_much_memory_is_noticed(cluster: SlurmCluster) -> None:
    hungry = "exec python3 -c 'import time; hold = bytearray(600 << 20); time.sleep(60)'"
    state = ended(cluster, cluster.submit(hungry, "--mem=200M"))
    assert state == ("OUT_OF_MEMORY" if cluster.cgroups is Cgroups.V1 else "FAILED")


def test_a_crash_takes_the_processes_of_a_node_with_it(cluster: SlurmCluster, tmp_path: Path) -> None:
    told = tmp_path / "pid"
    node = cluster.cpu_nodes[0]
    cluster.submit(f"sleep 600 & echo $! > {told}; wait", f"--nodelist={node}")
    pid = int(until(lambda: told.exists() and told.read_text(), "the job's process"))
    cluster.crash_node(node)
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    cluster.settle()
    assert cluster.node_state(node) == "idle"
    assert cluster.jobs() == []


def test_two_clusters_run_beside_each_other_and_leave_nothing_behind(cluster: SlurmCluster, tmp_path: Path) -> None:
    with SlurmCluster(tmp_path, cluster.label).running() as other:
        mine, others = cluster.submit("exec sleep 600"), other.submit("exec sleep 600")
        until(lambda: runs(cluster, mine) and runs(other, others), "both jobs")
        assert {job.id for job in other.jobs()} == {others}
    assert runs(cluster, mine), "the other one's end is its own"
    assert not [process for process in psutil.process_iter() if str(tmp_path) in _words_of(process)]
    assert not other.layout.sockets.exists()
    cluster.cancel(mine)


@pytest.mark.skipif(not can_shed_root(), reason="only root has powers to shed")
def test_it_runs_without_roots_powers(tmp_path: Path) -> None:
    with SlurmCluster(tmp_path, powers=shed_root()).running() as cluster:
        told = tmp_path / "told"
        assert ended(cluster, cluster.submit(f"id -un > {told}")) == "COMPLETED"
        assert told.read_text() == "nobody\n"


def _words_of(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _addresses(process: psutil.Process) -> set[str]:
    """Returns on what a process listens."""
    return {each.laddr.ip for each in process.net_connections("tcp") if each.status == psutil.CONN_LISTEN}
