"""A site profile: everything an operator decides about an endpoint, in one file."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import ByteSize, Field, model_validator

from armarius.client.config import DataPath, seconds_of
from armarius.client.config.text import (
    Duration,
    Host,
    Line,
    Name,
    RootPath,
    ScratchPath,
    SitePath,
    SlurmWord,
    VariableName,
)
from armarius.endpoint_config.identity import Identity, MappedAccounts, ServiceAccount
from armarius.endpoint_config.shapes import SiteShape
from armarius.functions.contracts import Contract
from armarius.functions.registered.source import NAMES

SECRETS = ("SECRET", "TOKEN", "PASSWORD", "PASSWD", "CREDENTIAL", "API_KEY")
"""Words that no variable's name may have: these files are read by every account of the site."""


class Network(Contract):
    """How workers reach the endpoint; by default over loopback without a scheduler.

    Attributes:
        interface: The login node's interface that the compute nodes see, such as "ib0".
        address: Or its address there.
    """

    interface: Host | None = None
    address: Host | None = None


class Heartbeat(Contract):
    """When a silence is noticed, and when an idle user endpoint ends.

    Attributes:
        period: Seconds between two signs of life of an endpoint. One that died is replaced after three.
        worker_period: Seconds between two signs of life of a block of workers.
        worker_threshold: Seconds of silence after which a block is given up, and its runs are told lost.
        control_idle: How long an idle user endpoint for control calls lingers, so that the next call is quick.
        batch_idle: How long an idle one for batch runs does.
        patience: How long a run may wait in the queue and compute before its user endpoint is thought stuck. Globus
            Compute's own default would end a training after two days.
    """

    period: Annotated[int, Field(ge=5, le=60)] = 15
    worker_period: Annotated[int, Field(ge=1, le=60)] = 10
    worker_threshold: Annotated[int, Field(ge=3, le=300)] = 45
    control_idle: Duration = "8h"
    batch_idle: Duration = "10m"
    patience: Duration = "60d"

    @model_validator(mode="after")
    def _ordered(self) -> "Heartbeat":
        if self.worker_threshold < 3 * self.worker_period:
            raise ValueError("worker_threshold must be at least three times worker_period")
        return self

    def beats(self, duration: str) -> int:
        """Returns how many periods a length of time has, at least one."""
        return max(1, round(seconds_of(duration) / self.period))


class Profile(Contract):
    """One site.

    Attributes:
        name: Of the site and of its endpoint.
        title: What people see in Globus' lists.
        scheduler: "slurm", or "local" for a machine that has none.
        root: The directory that holds everything; the compute nodes see it under this path, too.
        environment: The Python environment that has globus-compute-endpoint and armarius.
        kraken_python: The interpreter of the environment that has kraken and armarius.
        data: The root, as Globus Transfer sees it.
        walltimes: The ladder of walltimes, such as ["30m", "8h"]; what a run gets, from its own start.
        start_allowance: Added to a walltime when Slurm is asked, for the start of the worker.
        shapes: The slices of a machine that it offers.
        projects: Slurm accounts by the name that clients use; empty where nothing is charged.
        setup: Lines of shell that every worker runs first, such as "module load python".
        variables: Further variables of the environment.
        scratch: A directory on the node itself, for temporary files.
        max_blocks: Jobs in the queue at the same time, for each combination of shape, walltime and project.
        cache: What the site may keep of what can be sent again, such as "200GB": pages, models, compiled datasets and
            archives that arrived. The least recently used goes first, and nothing that a run needs. None for no limit.
        control_threads: Control calls that are answered at the same time.
        functions: What clients may call.
        callers: Whom Globus lets use the registered functions: their owner alone, everyone, or a Globus group. It is
            the endpoint that decides who may run anything here; the text of the functions is no secret.
        authentication_policy: A Globus policy that callers must meet.
        subscription: A Globus subscription, where the policy needs one.
    """

    name: Name
    title: Line | None = None
    scheduler: Literal["local", "slurm"]
    root: RootPath
    environment: SitePath
    kraken_python: SitePath
    data: DataPath
    walltimes: Annotated[tuple[Duration, ...], Field(min_length=1, max_length=12)]
    start_allowance: Duration = "2m"
    shapes: Annotated[tuple[SiteShape, ...], Field(min_length=1, max_length=32)]
    projects: dict[Name, SlurmWord] = Field(default_factory=dict)
    setup: tuple[Line, ...] = ()
    variables: dict[VariableName, Line] = Field(default_factory=dict)
    scratch: ScratchPath | None = None
    max_blocks: Annotated[int, Field(ge=1, le=1000)] = 4
    cache: Annotated[ByteSize, Field(ge=1 << 20)] | None = None
    control_threads: Annotated[int, Field(ge=1, le=32)] = 4
    functions: Annotated[tuple[str, ...], Field(min_length=1)] = NAMES
    callers: Literal["owner", "everyone"] | UUID = "owner"
    network: Network = Network()
    heartbeat: Heartbeat = Heartbeat()
    identity: Identity = ServiceAccount()
    authentication_policy: UUID | None = None
    subscription: UUID | None = None

    @model_validator(mode="after")
    def _distinct(self) -> "Profile":
        walltimes = [seconds_of(text) for text in self.walltimes]
        for what, each in (("walltime", walltimes), ("shape", [shape.name for shape in self.shapes])):
            if len(set(each)) < len(each):
                raise ValueError(f"a {what} stands there twice")
        if unknown := set(self.functions) - set(NAMES):
            raise ValueError(f"there is no function {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
        if telling := [name for name in self.variables if any(word in name.upper() for word in SECRETS)]:
            raise ValueError(f"variables.{telling[0]} sounds like a secret: no file of a site may hold one")
        return self

    @model_validator(mode="after")
    def _fits_its_scheduler(self) -> "Profile":
        (self._check_local if self.scheduler == "local" else self._check_slurm)()
        return self

    def _check_local(self) -> None:
        """Without a scheduler nobody else counts: each user endpoint takes its slots for free."""
        if len(self.walltimes) > 1:
            raise ValueError("a machine without a scheduler has one walltime: each would use the machine for itself")
        if self.projects:
            raise ValueError("a machine without a scheduler charges nobody: leave projects out")
        if isinstance(self.identity, MappedAccounts):
            raise ValueError("a machine without a scheduler has one account: each would use the machine for itself")
        devices = [device for shape in self.shapes for device in shape.accelerators]
        if twice := {device for device in devices if devices.count(device) > 1}:
            raise ValueError(f"two shapes have the accelerator {sorted(twice)[0]}")
        for shape in self.shapes:
            if shape.sharing > 1 and not shape.accelerators:
                raise ValueError(f"shape {shape.name!r} shares GPUs: name them as accelerators")
            if shape.slurm != type(shape.slurm)():
                raise ValueError(f"shape {shape.name!r} has Slurm options on a machine without Slurm")

    def _check_slurm(self) -> None:
        if not self.network.interface and not self.network.address:
            raise ValueError("network.interface or network.address: how do compute nodes reach the login node?")
        for shape in self.shapes:
            if shape.accelerators or shape.workers:
                raise ValueError(
                    f"shape {shape.name!r}: under Slurm one job is one run; let Slurm share or slice GPUs, by gres"
                )
            if shape.gpus and not shape.slurm.gres:
                raise ValueError(f"shape {shape.name!r} has GPUs, and no slurm.gres that asks for them")
            if shape.slurm.account and "{" in shape.slurm.account.replace("{project}", ""):
                raise ValueError(f"shape {shape.name!r}: the account may hold {{project}} and no other brace")
            if shape.slurm.account and "{project}" in shape.slurm.account and not self.projects:
                raise ValueError(f"shape {shape.name!r}: the account names {{project}}, and there are no projects")

    @model_validator(mode="after")
    def _fits_its_people(self) -> "Profile":
        if isinstance(self.identity, MappedAccounts) != self.root.startswith("~"):
            raise ValueError('root is "~/…" when everybody has an account of their own, and an absolute path otherwise')
        if self.network.interface and self.network.address:
            raise ValueError("network has an interface or an address, not both")
        if self.mapped and self.callers == "owner":
            raise ValueError('callers is "everyone" or a group when everybody has an account of their own')
        return self

    @property
    def mapped(self) -> bool:
        """Whether everybody has an account of their own."""
        return isinstance(self.identity, MappedAccounts)
