"""What a site tells of its scheduler's queue and of what it keeps, and the operator's table by which it asks."""

from typing import Annotated

from pydantic import Field

from armarius.functions.contracts.base import Contract, NonNegative


class QueuedShape(Contract):
    """A shape as the scheduler is asked for it. The operator's own: no client can say any of it.

    Attributes:
        name: Of the shape.
        cpus: Hardware threads.
        memory: Bytes that are asked for, or None where memory comes with the CPUs.
        gpus: GPUs that are asked for.
        partition: Where, or None for the cluster's default.
        whole: Whether it takes whole nodes.
        picky: Whether it wants more of a node than can be counted here: features, a reservation, licences.
        options: Of sbatch, exactly those of its jobs but for the walltime.
    """

    name: str
    cpus: Annotated[int, Field(ge=1)]
    memory: int | None = None
    gpus: int = 0
    partition: str | None = None
    whole: bool = False
    picky: bool = False
    options: tuple[str, ...] = ()


class QueueTable(Contract):
    """All shapes, and the walltimes as the scheduler is asked for them, by the words that clients use."""

    shapes: tuple[QueuedShape, ...]
    walltimes: dict[str, str]


class PartitionReport(Contract):
    """A partition of the cluster.

    Attributes:
        name: Which.
        up: Whether it starts jobs.
        nodes: How many it has.
        cpus: All of its hardware threads.
        cpus_free: Those that nobody has.
        longest: The longest walltime in seconds, or None for no end.
    """

    name: str
    up: bool
    nodes: int
    cpus: int
    cpus_free: int
    longest: NonNegative | None = None


class WaitEstimate(Contract):
    """When the scheduler would start a job that were submitted now.

    An estimate to compare sites by: it supposes that all jobs use up their walltimes, so it is mostly too long.

    Attributes:
        shape: What would be asked for.
        walltime: For how long, as the site writes it.
        seconds: From now on, or None if the scheduler would not take it or did not answer.
        refusal: Its own words.
    """

    shape: str
    walltime: str
    seconds: NonNegative | None = None
    refusal: str = ""


class QueueReport(Contract):
    """The scheduler as it is now.

    Attributes:
        partitions: Those of the shapes.
        free: How many jobs of each shape could start at once; a shape is missing if this cannot be counted.
        others: How many jobs that are no blocks of the endpoint's wait in each shape's partition, whoever's they are; a
            shape is missing if the scheduler keeps that to itself.
        waits: For each shape and walltime, as far as the time allowed.
        trouble: Why something is missing.
    """

    partitions: tuple[PartitionReport, ...] = ()
    free: dict[str, int] = Field(default_factory=dict)
    others: dict[str, int] = Field(default_factory=dict)
    waits: tuple[WaitEstimate, ...] = ()
    trouble: str = ""


class Contents(Contract):
    """What a site keeps.

    Attributes:
        blobs: Files by content: pages, models, manifests.
        blob_bytes: Their size.
        compiled: Compiled datasets.
        compiled_bytes: Their size.
        whole: Whether all was counted in the time there was; else there is more.
    """

    blobs: int = 0
    blob_bytes: int = 0
    compiled: int = 0
    compiled_bytes: int = 0
    whole: bool = True


class Cache(Contract):
    """What a site keeps of what can be sent again: files by content, compiled datasets, archives that arrived.

    Attributes:
        bytes: Their size, when it was last counted.
        limit: What the operator allows; None for no limit.
    """

    bytes: Annotated[int, Field(ge=0)]
    limit: Annotated[int, Field(ge=0)] | None = None
