"""Real Slurm clusters behind real endpoints, unequal in speed and in load, all on this machine."""

import contextlib
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import psutil
from common import usable_threads

REPOSITORY = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(REPOSITORY / "tests"))  # the clusters and the local double of Globus' services are of the tests

from cluster.layout import Size  # noqa: E402
from cluster.slurm import SlurmCluster, why_no_cluster  # noqa: E402
from support.federation import Federation, Institution, federation, why_no_federation  # noqa: E402
from support.powers import can_shed_root, shed_root  # noqa: E402

SHARE = 0.82
"""Of the processor, what all nodes together may take: the rest is for the daemons, the endpoints and the pool, so that
no cluster feels another, and each alone can be measured beside the others."""

PERIOD = 20_000
"""Microseconds within which a node gets its share."""

ROOM = 2
"""Runs of the pool that a site takes beyond those that it computes, so that its nodes need not wait for the pool."""

_CPU = Path("/sys/fs/cgroup/cpu")

_PROFILE = """\
walltimes = ["10m", "25m"]
start_allowance = "10m"  # so that a block can take several short runs, one after the other
scratch = "{scratch}"

[variables]
SLURM_CONF = "{conf}"

[network]
interface = "lo"

[[shapes]]
name = "cpu1"
cpus = 1
memory = "3GiB"
slurm = {{ partition = "cpu" }}
"""


@dataclass(frozen=True)
class Others:
    """A job of somebody else's.

    Attributes:
        after: Seconds after the start at which it is submitted.
        seconds: How long it holds a node.
        walltime: Minutes that it asks for.
    """

    after: float
    seconds: float
    walltime: int


@dataclass(frozen=True)
class Kind:
    """What a cluster is like.

    Attributes:
        name: Of the site.
        speed: Of one node, over that of the fastest.
        others: The jobs of other people.
        nodes: How many of its two nodes are ever free for the pool.
    """

    name: str
    speed: float
    others: tuple[Others, ...] = ()
    nodes: int = 2


KINDS = (
    Kind("alpha", 1.0, (Others(0, 60, 20),)),
    Kind("beta", 0.55),
    Kind("gamma", 1.0, (Others(0, 3000, 55), Others(0, 30, 10)), nodes=1),
)
"""The first is fast, but one of its nodes is taken for a minute by a job that asked for twenty; the second is slow and
free; the third is as fast as the first, with one node taken all the time and the other for half a minute."""


@dataclass
class Cluster:
    """One of them.

    Attributes:
        kind: What it is like.
        slurm: Its daemons.
        share: Of a processor, what each of its nodes may take.
    """

    kind: Kind
    slurm: SlurmCluster
    share: float
    _coming: list[Others] = field(default_factory=list)
    _begun: float = 0.0

    def begin(self) -> None:
        """Lets the jobs of others come from now on."""
        self._coming, self._begun = sorted(self.kind.others, key=lambda each: each.after), time.monotonic()
        self.go_on()

    def go_on(self) -> None:
        """Submits the jobs of others that are due."""
        while self._coming and self._coming[0].after <= time.monotonic() - self._begun:
            one = self._coming.pop(0)
            self.slurm.submit(f"exec sleep {one.seconds}", "--exclusive", f"--time={one.walltime}", "--job-name=other")

    def settle(self) -> None:
        """Ends all jobs."""
        self._coming = []
        self.slurm.settle()


@dataclass(frozen=True)
class World:
    """All of them, and the pool.

    Attributes:
        federation: The endpoints, the cloud between them, and the pool's home.
        clusters: By name.
    """

    federation: Federation
    clusters: dict[str, Cluster]

    def institution(self, name: str) -> Institution:
        """Returns the endpoint of a cluster."""
        return self.federation.institutions[name]

    def kill(self, name: str) -> None:
        """Kills a cluster and its endpoint, with all that they run."""
        processes = self.institution(name).endpoint.processes()
        for end in (psutil.Process.suspend, psutil.Process.kill):  # all at once: none tells that another has died
            for process in processes:
                with contextlib.suppress(psutil.NoSuchProcess):
                    end(process)
        self.clusters[name].slurm.crash()


@contextmanager
def world(folder: Path, kraken_python: Path, kinds: Sequence[Kind], patience: str) -> Iterator[World]:
    """Starts them; with the block, all ends.

    Args:
        folder: For everything.
        kraken_python: The interpreter that has kraken.
        kinds: Of clusters.
        patience: How long the pool waits for a site that does not answer.

    Raises:
        ClickException: Something that is needed is not here.
    """
    if reason := why_no_cluster() or why_no_federation() or why_no_quota():
        raise click.ClickException(reason)
    powers = shed_root() if can_shed_root() else ()
    unit = SHARE * usable_threads() / sum(kind.speed * kind.nodes for kind in kinds)
    with ExitStack() as stack:
        scratch = stack.enter_context(TemporaryDirectory(prefix="scratch-", dir="/tmp"))  # a short path, as on nodes
        clusters = {}
        for kind in kinds:
            size = Size(cpus=1, memory=4000)
            slurm = SlurmCluster(folder / f"slurm-{kind.name}", kind.name, size=size, powers=powers)
            stack.enter_context(slurm.running())
            for node in slurm.cpu_nodes:
                stack.enter_context(quota(node, slurm.node_pid(node), kind.speed * unit))
            clusters[kind.name] = Cluster(kind, slurm, kind.speed * unit)
        profiles = {
            name: _PROFILE.format(scratch=scratch, conf=each.slurm.layout.conf) for name, each in clusters.items()
        }
        made = stack.enter_context(federation(folder / "federation", kraken_python, list(clusters), clusters=profiles))
        for kind in kinds:
            _say(made, kind.name, f'patience = "{patience}"\nlimit = {kind.nodes + ROOM}\n')
        yield World(made, clusters)


def _say(made: Federation, name: str, lines: str) -> None:
    """Writes what the pool's admin adds to the file of a site."""
    path = made.home.path / "config" / "sites" / f"{name}.toml"
    path.write_text(lines + path.read_text())


def why_no_quota() -> str:
    """Returns why no node can be made slower than this machine is, or nothing if that can be done."""
    if os.access(_CPU / "cgroup.procs", os.W_OK) and (_CPU / "cgroup.procs").exists():
        return ""
    return "Nodes are made unequal by the kernel's control groups: cpu of version 1 must be writable (as root)."


@contextmanager
def quota(name: str, pid: int, share: float) -> Iterator[None]:
    """Lets a process and all that it will start take no more than a share of one processor; at last all of it must end.

    Args:
        name: Of the node; no other on this machine has the same.
        pid: Of its daemon, which has started nothing yet.
        share: 0.5 for half of a processor.
    """
    group = _CPU / f"armarius-{name}"
    group.mkdir()
    try:
        (group / "cpu.cfs_period_us").write_text(str(PERIOD))
        (group / "cpu.cfs_quota_us").write_text(str(round(share * PERIOD)))
        (group / "cgroup.procs").write_text(str(pid))
        yield
    finally:
        _remove(group)


def _remove(group: Path) -> None:
    """Lets go what is still in a group, and removes it."""
    for pid in (group / "cgroup.procs").read_text().split():
        with contextlib.suppress(OSError):
            (_CPU / "cgroup.procs").write_text(pid)
    with contextlib.suppress(OSError):
        group.rmdir()
