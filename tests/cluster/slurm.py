"""One cluster: its daemons, its jobs, and what can happen to its nodes."""

import getpass
import os
import pwd
import secrets
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cluster import accounting, cgroups
from cluster.accounting import Accounting
from cluster.cgroups import Cgroups
from cluster.config import CGROUP, gres_conf, slurm_conf
from cluster.daemons import MARK, Daemon, kill_steps
from cluster.layout import Layout, Node, Size
from cluster.queue import FORMAT, SlurmJob, parse_details, parse_queue
from support.ports import free_ports

PROGRAMS = ("slurmctld", "slurmd", "munged", "sbatch")
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/local/sbin:/usr/sbin:/sbin"
_PATIENCE = 30.0
_NOBODY = "nobody"
_CONTROLLER = "slurmctld"
_OUTLIVE = ("munged", accounting.DATABASE, accounting.KEEPER)
"""What others need to end well: it ends after them."""


class ClusterError(Exception):
    """A cluster or one of Slurm's commands did not do what was expected; says what it wrote."""


def why_no_cluster() -> str:
    """Returns why no cluster can be started here, or nothing if one can."""
    missing = [program for program in PROGRAMS if shutil.which(program, path=_PATH) is None]
    if missing:
        return f"no {', '.join(missing)}: run tests/install-servers"
    try:
        socket.getaddrinfo("127.0.0.1", 1, family=socket.AF_INET, flags=socket.AI_ADDRCONFIG)
    except socket.gaierror:
        return "Slurm resolves no name where loopback alone has an address: ip addr add 192.0.2.1/32 dev lo"
    return ""


def why_no_accounting() -> str:
    """Returns why no cluster with accounts can be started here, or nothing if one can."""
    return why_no_cluster() or accounting.why_no_accounting(_PATH)


@dataclass
class SlurmCluster:
    """A real Slurm of three nodes in a folder of its own, with its own munge, on free ports of 127.0.0.1.

    All of its daemons and jobs run as one account: whoever starts it.

    Attributes:
        folder: Where it keeps everything but its sockets.
        label: What its name begins with; the rest is drawn by lot, so that two may have the same.
        size: What each node claims to have.
        powers: A prefix for every command, such as ``support.powers.shed_root()``. Whoever submits jobs must
            run with the same, since all are of one account.
        accounts: With some, the cluster has slurmdbd, and a database of its own behind it: jobs must name one of these
            accounts, or get the first, and sacct tells of all jobs. It takes some seconds more to start.
    """

    folder: Path
    label: str = "alpha"
    size: Size = field(default_factory=Size)
    powers: Sequence[str] = ()
    accounts: Sequence[str] = ()
    name: str = field(init=False)
    nodes: tuple[Node, ...] = field(init=False, default=())
    _accounting: Accounting | None = field(init=False, default=None, repr=False)
    _daemons: dict[str, Daemon] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        self.folder = self.folder.absolute()
        self.name = f"{self.label}-{secrets.token_hex(3)}"

    @property
    def layout(self) -> Layout:
        """All its paths."""
        return Layout(self.folder, Path("/tmp") / f"slurm-{self.name}")

    @property
    def cgroups(self) -> Cgroups:
        """How its jobs are held together; without cgroups, Slurm cannot say OUT_OF_MEMORY."""
        return Cgroups.NONE if self.powers else cgroups.usable()

    @property
    def environment(self) -> dict[str, str]:
        """The variables with which any of Slurm's commands, and Parsl, find this cluster."""
        return {"SLURM_CONF": str(self.layout.conf)}

    @property
    def cpu_nodes(self) -> list[str]:
        """The names of the nodes of partition cpu."""
        return [node.name for node in self.nodes if not node.gpus]

    @property
    def gpu_node(self) -> str:
        """The name of the node of partition gpu."""
        return next(node.name for node in self.nodes if node.gpus)

    @contextmanager
    def running(self) -> Iterator["SlurmCluster"]:
        """Starts it and waits until all nodes are idle; with the block, it and all its jobs end."""
        try:
            self.start()
            yield self
        finally:
            self.stop()

    def start(self) -> None:
        """Starts it and waits until all nodes are idle.

        Raises:
            ClusterError: It is not installed, or does not start.
        """
        if reason := why_no_accounting() if self.accounts else why_no_cluster():
            raise ClusterError(reason)
        self._configure()
        layout = self.layout
        munge = [
            "munged", "--foreground", f"--key-file={layout.key}", f"--socket={layout.socket}",
            f"--pid-file={layout.folder / 'run' / 'munged.pid'}", f"--seed-file={layout.folder / 'munge' / 'seed'}",
            "--num-threads=2", "--force",
        ]  # fmt: skip
        self._daemon("munged", munge)
        self._until(layout.socket.exists, "munge to answer")
        if self._accounting:
            self._start_accounting(self._accounting)
        self._start_controller()
        for node in self.nodes:
            self.start_node(node.name)
        self._until(self._all_idle, "all nodes to be idle")

    def stop(self) -> None:
        """Cancels all jobs and ends all that was started."""
        if self._daemons and self._daemons["munged"].alive and _CONTROLLER in self._daemons:
            self.command("scancel", f"--user={self._user}", check=False)
            self._wait(lambda: not self._queue("--states=PD,R,CG", check=False), 10.0)
        for name, daemon in self._daemons.items():
            if name not in _OUTLIVE:
                daemon.ask_to_end()
        for daemon in reversed(list(self._daemons.values())):
            daemon.stop()
        for node in self.nodes:
            kill_steps(self._mark(node.name), node.name, self.layout.conf)
        cgroups.remove(node.name for node in self.nodes)
        shutil.rmtree(self.layout.sockets, ignore_errors=True)
        self._daemons.clear()

    # -- jobs ---------------------------------------------------------------------------------------------------------

    def jobs(self) -> list[SlurmJob]:
        """Returns the jobs that wait, run or are just ending."""
        return self._queue("--states=all", keep=lambda job: job.active)

    def all_jobs(self) -> list[SlurmJob]:
        """Returns all jobs of the last ten minutes, ended ones too, the oldest first."""
        return sorted(self._queue("--states=all"), key=lambda job: job.id)

    def job(self, job: int) -> SlurmJob:
        """Returns one job."""
        return next(each for each in self._queue("--states=all") if each.id == job)

    def details(self, job: int) -> dict[str, str]:
        """Returns what scontrol says of a job, by field: ``TimeLimit``, ``TRES``, ``Partition``, ``Requeue`` …"""
        return parse_details(self.command("scontrol", "show", "job", "--oneliner", str(job)))

    def submit(self, script: str, *options: str) -> int:
        """Submits lines of bash as a job, and returns its number.

        Args:
            script: What it does.
            options: Of sbatch.
        """
        output = f"--output={self.folder / 'log' / 'job-%j.out'}"
        return int(self.command("sbatch", "--parsable", output, *options, f"--wrap={script}"))

    def cancel(self, job: int) -> None:
        """Cancels a job as its operator would."""
        self.command("scancel", str(job))

    def end_job_now(self, job: int) -> None:
        """Lets the walltime of a job end now; Slurm notices it within half a minute."""
        self.command("scontrol", "update", f"JobId={job}", "EndTime=now+1")

    def preempt(self, job: int) -> int:
        """Submits a job that takes the whole node from a job of partition scavenge; returns its number.

        The taker computes until it is cancelled.
        """
        node = self.job(job).node
        partition = "gpu" if node == self.gpu_node else "cpu"
        where = (f"--partition={partition}", f"--nodelist={node}", "--exclusive", "--job-name=taker")
        return self.submit("exec sleep infinity", *where)

    # -- nodes --------------------------------------------------------------------------------------------------------

    def start_node(self, node: str) -> None:
        """Starts a node that is down; one that runs is left alone."""
        daemon = f"slurmd.{node}"
        self._daemon(daemon, ["slurmd", "-D", "-N", node, "-f", str(self.layout.conf)], {MARK: self._mark(node)})

    def kill_node(self, node: str) -> None:
        """Kills a node's daemon alone: its jobs go on unseen, as when a node loses the network."""
        self._daemons[f"slurmd.{node}"].kill()

    def crash_node(self, node: str) -> None:
        """Kills a node's daemon and all it runs, as a power failure does."""
        self.kill_node(node)
        kill_steps(self._mark(node), node, self.layout.conf)

    def crash(self) -> None:
        """Kills all daemons and all that the nodes run, as if the power of the whole cluster failed."""
        for daemon in self._daemons.values():
            daemon.kill()
        for node in self.nodes:
            kill_steps(self._mark(node.name), node.name, self.layout.conf)

    def node_pid(self, node: str) -> int:
        """Returns the process of a node's daemon: whatever runs there descends from it."""
        return self._daemons[f"slurmd.{node}"].pid

    def node_state(self, node: str) -> str:
        """Returns the state of a node, such as "idle", "mixed" or "down*"."""
        return self.command("sinfo", "--noheader", "--Node", f"--nodes={node}", "--format=%T").split()[0]

    def settle(self) -> None:
        """Cancels all jobs, starts all nodes, and waits until they are idle: for the next test."""
        self.command("scancel", f"--user={self._user}", check=False)
        for node in self.nodes:
            self.start_node(node.name)
        self._until(self._all_idle, "all nodes to be idle again")

    def forget_jobs(self) -> None:
        """Starts the controller anew, with no memory of any job, as it has after a while of those that ended.

        What runs is lost to it: for when nothing does.
        """
        self._daemons[_CONTROLLER].stop()
        self._start_controller()
        self._until(self._all_idle, "all nodes to be idle again")

    # -- commands -----------------------------------------------------------------------------------------------------

    def command(self, *words: str, check: bool = True) -> str:
        """Runs one of Slurm's commands and returns what it prints.

        Raises:
            ClusterError: It fails, and ``check`` says to look.
        """
        done = subprocess.run(
            [*self.powers, *words], env=self._variables(), capture_output=True, text=True, timeout=_PATIENCE
        )
        if check and done.returncode:
            raise ClusterError(f"{' '.join(words)} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def log(self) -> str:
        """Returns the end of what all daemons wrote."""
        files = sorted((self.folder / "log").glob("*.log"))
        return "\n".join(f"{path.name}:\n{path.read_text(errors='replace')[-3000:]}" for path in files)

    @property
    def _user(self) -> str:
        """The account, as the cluster sees it."""
        return _NOBODY if self.powers else pwd.getpwuid(os.geteuid()).pw_name

    def _configure(self) -> None:
        *ports, keeper = free_ports(5)
        names = [f"{self.name}-{suffix}" for suffix in ("c1", "c2", "g1")]
        self.nodes = tuple(
            Node(name, port, self.size.gpus if name == names[-1] else 0)
            for name, port in zip(names, ports[1:], strict=True)
        )
        layout = self.layout
        layout.prepare(self.nodes)
        self._accounting = Accounting(layout, keeper, self._user) if self.accounts else None
        lines = self._accounting.controller_lines() if self._accounting else accounting.NONE
        layout.conf.write_text(
            slurm_conf(self.name, layout, ports[0], self.nodes, self.size, self._user, self.cgroups, lines)
        )
        layout.gres.write_text(gres_conf(self.nodes, layout.devices(self.size.gpus)))
        if self.cgroups is Cgroups.V1:
            layout.cgroup.write_text(CGROUP)

    def _start_accounting(self, made: Accounting) -> None:
        made.prepare()
        self.command(*made.make_database())
        self._daemon(accounting.DATABASE, made.database())
        self._until(self.layout.database_socket.exists, "the database to answer")
        self._daemon(accounting.KEEPER, ["slurmdbd", "-D"], made.keeper_variables())
        ask = ("sacctmgr", "--noheader", "--parsable2", "list", "account")
        self._until(lambda: bool(self.command(*ask, check=False)), "slurmdbd to answer")
        for order in made.orders(self.name, self.accounts):
            self.command(*order)

    def _start_controller(self) -> None:
        self._daemon(_CONTROLLER, ["slurmctld", "-D", "-c", "-f", str(self.layout.conf)])

    def _daemon(self, name: str, command: list[str], more: "dict[str, str] | None" = None) -> None:
        if name not in self._daemons:
            variables = {**self._variables(), **(more or {})}
            self._daemons[name] = Daemon([*self.powers, *command], self.layout.log(name), variables)
        self._daemons[name].start()

    def _variables(self) -> dict[str, str]:
        """A cluster's daemons hand their environment on to jobs: they get no more than they need."""
        return {
            **self.environment,
            "PATH": _PATH,
            "HOME": str(self.folder),
            "USER": getpass.getuser(),
            "LANG": "C.UTF-8",
        }

    def _mark(self, node: str) -> str:
        return f"{self.folder}:{node}"

    def _queue(
        self, *options: str, keep: Callable[[SlurmJob], bool] = lambda job: True, check: bool = True
    ) -> list[SlurmJob]:
        told = self.command("squeue", "--noheader", f"--format={FORMAT}", *options, check=check)
        return [job for job in parse_queue(told.splitlines()) if keep(job)]

    def _all_idle(self) -> bool:
        told = self.command("sinfo", "--noheader", "--Node", "--format=%T", check=False).split()
        return bool(told) and set(told) == {"idle"}

    def _until(self, condition: Callable[[], bool], what: str) -> None:
        if not self._wait(condition, _PATIENCE):
            raise ClusterError(f"cluster {self.name} waited in vain for {what}\n{self.log()}")

    def _wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        deadline, pulse = time.monotonic() + seconds, threading.Event()
        while not (held := condition()) and time.monotonic() < deadline:
            pulse.wait(0.05)
        return held
