"""A site as the pool sees it: one TOML file each."""

from pathlib import Path
from typing import Annotated, Literal
from uuid import UUID

from pydantic import ByteSize, Field, model_validator

from armarius.client.config.durations import seconds_of
from armarius.client.config.slurm import SlurmOptions, queued_shape, slurm_walltime
from armarius.client.config.tags import Person, Tag
from armarius.client.config.text import Duration, Host, Line, ScratchPath, SitePath, VariableName
from armarius.client.errors import ConfigurationError
from armarius.functions.contracts import Contract, QueueTable, Sha256, Shape
from armarius.functions.site import Site


class SiteConfig(Contract):
    """What every site has.

    Attributes:
        name: What people call it.
        shapes: The slices of a machine that it offers.
        walltimes: The ladder of walltimes that may be asked for, such as ["30m", "8h"]; empty for no end.
        drained: Takes no new runs.
        tags: Words that data may ask for, such as ["eu", "own"].
        users: Whose jobs it takes; empty for everybody's.
        projects: The projects whose jobs it takes; empty for all.
        limit: Jobs of this pool at once, queued ones included; what is more waits in the pool, where fair share
            decides. None for no limit.
        patience: How long it may be out of reach before what it computes is given up and goes on elsewhere.
    """

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,39}\z")]
    shapes: Annotated[tuple[Shape, ...], Field(min_length=1)]
    walltimes: tuple[str, ...] = ()
    drained: bool = False
    tags: tuple[Tag, ...] = ()
    users: tuple[Person, ...] = ()
    projects: tuple[Person, ...] = ()
    limit: Annotated[int, Field(ge=1)] | None = None
    patience: Duration = "2h"

    @model_validator(mode="after")
    def _readable(self) -> "SiteConfig":
        self.ladder()
        return self

    def ladder(self) -> tuple[float, ...]:
        """Returns the walltimes in seconds, shortest first."""
        return tuple(sorted(seconds_of(text) for text in self.walltimes))

    def rung(self, seconds: float) -> str:
        """Returns how the site writes one of its walltimes.

        Raises:
            ConfigurationError: It offers no such walltime (any more).
        """
        for text in self.walltimes:
            if seconds_of(text) == seconds:
                return text
        said = f"{self.name} offers no walltime of {seconds:.0f} s any more."
        raise ConfigurationError(said, "The next attempt is planned anew: armarius resume JOB")


class LocalSiteConfig(SiteConfig):
    """This machine, through Parsl.

    Attributes:
        root: The site's directory, as its workers see it.
        kraken_python: The interpreter that has kraken.
        workers: Runs at the same time.
        cache: What it may keep of what can be sent again, such as "200GB": the least recently used goes first, and
            nothing that a run needs. None for no limit.
    """

    kind: Literal["local"] = "local"
    root: Path
    kraken_python: Path
    workers: Annotated[int, Field(ge=1)] = 1
    cache: ByteSize | None = None

    def site(self) -> Site:
        """Returns the site as the functions see it."""
        return Site(self.root, self.kraken_python, cache=self.cache)


class SlurmSiteConfig(SiteConfig):
    """A cluster whose submit host this machine is: through Parsl, with no service in between.

    Attributes:
        root: The site's directory; the compute nodes see it under this path, too.
        kraken_python: The interpreter that has kraken, seen there as well.
        slurm: What sbatch is told for each shape, by its name, besides CPUs, memory and walltime.
        slurm_conf: Slurm's configuration, if it is not where Slurm looks for it.
        interface: This machine's network interface that the compute nodes see, such as "ib0".
        address: Or its address there.
        start_allowance: Added to a walltime when Slurm is asked, for the start of the worker.
        setup: Lines of shell that every job runs first.
        variables: Further variables of the environment.
        scratch: A directory on the node itself, for temporary files.
        max_blocks: Jobs in the queue at the same time, for each combination of shape and walltime.
        worker_threshold: Seconds of silence after which a job is given up, and its run is told lost.
        cache: What it may keep of what can be sent again, as at a site of the kind "local".
    """

    kind: Literal["slurm"] = "slurm"
    root: SitePath
    kraken_python: SitePath
    walltimes: Annotated[tuple[Duration, ...], Field(min_length=1, max_length=12)]
    slurm: dict[str, SlurmOptions]
    slurm_conf: SitePath | None = None
    interface: Host | None = None
    address: Host | None = None
    start_allowance: Duration = "2m"
    setup: tuple[Line, ...] = ()
    variables: dict[VariableName, Line] = Field(default_factory=dict)
    scratch: ScratchPath | None = None
    max_blocks: Annotated[int, Field(ge=1, le=1000)] = 4
    worker_threshold: Annotated[int, Field(ge=6, le=300)] = 45
    cache: ByteSize | None = None

    @model_validator(mode="after")
    def _complete(self) -> "SlurmSiteConfig":
        if bool(self.interface) == bool(self.address):
            raise ValueError("interface or address: how do compute nodes reach this machine?")
        names = {shape.name for shape in self.shapes}
        if unknown := sorted(self.slurm.keys() ^ names):
            raise ValueError(f"slurm and shapes must name the same shapes; {unknown[0]!r} is in one of them only")
        for shape in self.shapes:
            if shape.gpus and not self.slurm[shape.name].gres:
                raise ValueError(f"shape {shape.name!r} has GPUs, and no gres that asks for them")
            if "{" in (self.slurm[shape.name].account or ""):
                raise ValueError(f"shape {shape.name!r}: a submit host has no projects; name the account itself")
        return self

    def site(self) -> Site:
        """Returns the site as the functions see it."""
        return Site(Path(self.root), Path(self.kraken_python), self.queue(), self.cache)

    def queue(self) -> QueueTable:
        """Returns the table by which the control functions ask Slurm."""
        shapes = ((shape, self.slurm[shape.name]) for shape in self.shapes)
        return QueueTable(
            shapes=tuple(queued_shape(shape, slurm, slurm.account) for shape, slurm in shapes),
            walltimes={text: slurm_walltime(text, self.start_allowance) for text in self.walltimes},
        )


class RegisteredFunction(Contract):
    """A function that an endpoint lets its clients call.

    Attributes:
        id: What Globus Compute calls it.
        sha256: Digest of its source text, so that one of another release is noticed before it is called.
    """

    id: UUID
    sha256: Sha256


class DataPath(Contract):
    """A directory as Globus Transfer sees it.

    Attributes:
        collection: Which collection.
        root: The site's root in it, such as "/scratch/armarius": not necessarily the path that workers see.
    """

    collection: UUID
    root: Annotated[str, Field(pattern=r"^/")]


class GlobusSiteConfig(SiteConfig):
    """A cluster behind a Globus Compute endpoint; ``armarius endpoint register`` writes this file.

    Attributes:
        endpoint: Its endpoint.
        data: Its root, as Transfer sees it.
        functions: The registered functions by name.
        project: The project or account on the cluster that is charged, one of those that the endpoint allows.
        identity: For an endpoint that lets in nobody but its owner: whose key to use there, that of the variables
            ``ARMARIUS_<identity>_CLIENT_ID`` and ``ARMARIUS_<identity>_CLIENT_SECRET``. So a site knows a key that
            opens this site alone, and never the pool's own.
        own_accounts: Whether the endpoint maps people's identities to accounts of their own: then the jobs of people
            who have connected theirs run there under it. ``{account}`` in ``data.root`` is the account's name.
        pace: Seconds between two looks at a run; each look is a call.
    """

    kind: Literal["globus"] = "globus"
    endpoint: UUID
    data: DataPath
    functions: dict[str, RegisteredFunction]
    project: str | None = None
    identity: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{0,39}\z")] | None = None
    own_accounts: bool = False
    pace: Annotated[float, Field(ge=0.5, le=60)] = 5.0


AnySiteConfig = Annotated[LocalSiteConfig | SlurmSiteConfig | GlobusSiteConfig, Field(discriminator="kind")]


class OwnCollection(Contract):
    """The collection of the machine that drives jobs: what leaves it and what comes home passes through this folder.

    Attributes:
        collection: Its id.
        path: The folder, on this machine.
        seen_as: The same folder, as Transfer sees it.
    """

    collection: UUID
    path: Path
    seen_as: Annotated[str, Field(pattern=r"^/")]
