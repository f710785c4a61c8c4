"""A cluster with slurmdbd: it knows its accounts, and what became of jobs that its controller has forgotten."""

from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from armarius.functions import slurm
from armarius.functions.contracts import Outcome, Reason, RunState
from armarius.functions.fate import settle
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from cluster.addresses import own_loopback
from cluster.cgroups import Cgroups
from cluster.slurm import ClusterError, SlurmCluster, why_no_accounting
from support.cli import until
from support.powers import can_shed_root, shed_root
from unit.functions.registered.fake_engine import spec

ACCOUNTS = ("htr", "scholars")
DAEMONS = ("munged", "mariadbd", "slurmdbd", "slurmctld", "slurmd")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SlurmCluster]:
    if reason := why_no_accounting():
        pytest.skip(reason)
    with SlurmCluster(tmp_path_factory.mktemp("slurm"), accounts=ACCOUNTS).running() as cluster:
        yield cluster


def recorded(cluster: SlurmCluster, job: int, *fields: str) -> list[str]:
    """Returns what sacct says of a job: these fields, or its state, once that is written down as an end."""

    def row() -> list[str]:
        wanted = f"--format={','.join(['State', *fields])}"
        told = cluster.command("sacct", "--allocations", "--noheader", "--parsable2", wanted, f"--jobs={job}")
        state, *values = told.strip().split("|")
        return [state, *values] if state not in ("", "PENDING", "RUNNING") else []

    found: list[str] = until(row, f"the end of job {job} in sacct")
    return found


def known_accounts(cluster: SlurmCluster) -> set[str]:
    told = cluster.command("sacctmgr", "--noheader", "--parsable2", "list", "association", "format=account,user")
    return {account for account, user in (line.split("|") for line in told.splitlines()) if user and account != "root"}


@pytest.mark.skipif(own_loopback() is None, reason="this machine's name leads to a network")
def test_nobody_on_a_network_can_reach_it(cluster: SlurmCluster) -> None:
    """The database has but a socket file."""
    assert heard(cluster, "mariadbd") == set()
    assert heard(cluster, "slurmdbd") == {own_loopback()}


def test_a_job_is_charged_to_a_known_account(cluster: SlurmCluster) -> None:
    assert known_accounts(cluster) == set(ACCOUNTS)
    named, silent = cluster.submit("exit 3", "--account=scholars"), cluster.submit("true")
    assert recorded(cluster, named, "Account", "ExitCode") == ["FAILED", "scholars", "3:0"]
    assert recorded(cluster, silent, "Account", "ExitCode") == ["COMPLETED", "htr", "0:0"]


def test_a_job_of_an_unknown_account_is_refused(cluster: SlurmCluster) -> None:
    with pytest.raises(ClusterError, match="Invalid account"):
        cluster.submit("true", "--account=strangers")


def test_another_one_runs_beside_it_and_leaves_nothing_behind(cluster: SlurmCluster, tmp_path: Path) -> None:
    powers = shed_root() if can_shed_root() else ()
    with SlurmCluster(tmp_path, cluster.label, powers=powers, accounts=["others"]).running() as other:
        assert (known_accounts(other), known_accounts(cluster)) == ({"others"}, set(ACCOUNTS))
        assert recorded(other, other.submit("true"), "Account") == ["COMPLETED", "others"]
        started = [each for name in DAEMONS for each in daemons(other, name)]
    assert not [each for each in started if each.is_running()]
    assert not other.layout.sockets.exists()
    assert known_accounts(cluster) == set(ACCOUNTS), "the other one's end is its own"


def test_jobs_that_the_controller_has_forgotten_are_told_apart(
    cluster: SlurmCluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_CONF", str(cluster.layout.conf))
    deaths = {
        preempted(cluster): (Outcome.PAUSED, Reason.PREEMPTED),
        cancelled(cluster): (Outcome.FAILED, Reason.JOB_CANCELLED),
    }
    if cluster.cgroups is Cgroups.V1:
        deaths[hungry(cluster)] = (Outcome.FAILED, Reason.OUT_OF_MEMORY)
    done = cluster.submit("true")
    for job in (*deaths, done):
        recorded(cluster, job)
    cluster.forget_jobs()
    for job, (outcome, reason) in deaths.items():
        with pytest.raises(ClusterError, match="Invalid job id"):
            cluster.details(job)
        run = lost_run(tmp_path / str(job), job, monkeypatch)
        assert settle(run, run.state(), slurm.ask) is RunState.ENDED
        assert (report := run.report()) is not None
        assert (report.outcome, report.reason) == (outcome, reason)
        assert f"Slurm job {job} on {cluster.name}-" in report.message
    run = lost_run(tmp_path / "done", done, monkeypatch)
    assert settle(run, run.state(), slurm.ask) is RunState.LOST, "a job that ended well says nothing of its run"


def preempted(cluster: SlurmCluster) -> int:
    """Returns a job that had to make room for another."""
    job = cluster.submit("exec sleep 600", "--partition=scavenge", "--no-requeue")
    until(lambda: cluster.job(job).state == "RUNNING", "the job to run")
    taker = cluster.preempt(job)
    until(lambda: not cluster.job(job).active, "the job to make room")
    cluster.cancel(taker)
    return job


def cancelled(cluster: SlurmCluster) -> int:
    """Returns a job that its operator cancelled."""
    job = cluster.submit("exec sleep 600")
    until(lambda: cluster.job(job).state == "RUNNING", "the job to run")
    cluster.cancel(job)
    return job


def hungry(cluster: SlurmCluster) -> int:
    """Returns a job that takes too much memory."""
    return cluster.submit(
        "exec python3 -c 'import time; hold = bytearray(600 << 20); time.sleep(60)'", "--mem=200M", "--no-requeue"
    )


def lost_run(root: Path, job: int, monkeypatch: pytest.MonkeyPatch) -> RunDir:
    """Returns a run that was computed in a job, by a process that is gone and left no report."""
    run = Site(root).run("job1-1")
    run.path.mkdir(parents=True)
    run.write_spec(spec())
    with monkeypatch.context() as patch:
        patch.setenv("SLURM_JOB_ID", str(job))
        patch.delenv("SLURMD_NODENAME", raising=False)
        run.take_over().beat()
    return run


def daemons(cluster: SlurmCluster, name: str) -> list[psutil.Process]:
    """Returns the cluster's daemons of this name, of which there are some."""

    def its_own(process: psutil.Process) -> bool:
        try:
            return process.name() == name and process.environ().get("SLURM_CONF") == str(cluster.layout.conf)
        except psutil.Error:
            return False

    found = list(filter(its_own, psutil.process_iter()))
    assert found, name
    return found


def heard(cluster: SlurmCluster, name: str) -> set[str]:
    """Returns on which addresses the cluster's daemons of this name listen."""
    connections = (each for daemon in daemons(cluster, name) for each in daemon.net_connections("inet"))
    return {each.laddr.ip for each in connections if each.status == psutil.CONN_LISTEN}
