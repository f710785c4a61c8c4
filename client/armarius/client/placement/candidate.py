"""A job and a site, side by side: all that rules and sums look at."""

from collections.abc import Callable
from dataclasses import dataclass, field

from armarius.client.config import AnySiteConfig
from armarius.client.jobs.outgrown import Outgrown
from armarius.client.jobs.plan import Plan
from armarius.client.jobs.request import JobRequest
from armarius.client.journal.drains import Drain
from armarius.client.placement.scout import Facts
from armarius.client.placement.work import Work
from armarius.functions.contracts import CheckpointRef, Shape


@dataclass(frozen=True)
class Bag:
    """A checkpoint that a job can go on from, and where it is.

    Attributes:
        reference: The checkpoint.
        site: That of the run that wrote it.
        here: Whether it is on this machine, too.
        kraken: The release that wrote it; empty if that is not known.
    """

    reference: CheckpointRef
    site: str
    here: bool = False
    kraken: str = ""


@dataclass(frozen=True)
class Wish:
    """What a job needs of a site.

    Attributes:
        request: What the person asked for.
        files: Bytes of every file that it computes with, by digest.
        work: What is left to compute.
        plan: Returns the shape and the walltime to ask a site for.
        fits: Tells whether a shape is large enough, as far as that is known.
        before: The site of the run before; None if there was none.
        bag: What it goes on from; None if it begins.
        outgrown: What was not enough.
        starved: Whether the run before ran out of memory.
    """

    request: JobRequest
    files: dict[str, int]
    work: Work
    plan: Callable[[AnySiteConfig], Plan]
    fits: Callable[[Shape], bool]
    before: str | None = None
    bag: Bag | None = None
    outgrown: Outgrown = field(default_factory=Outgrown)
    starved: bool = False


@dataclass(frozen=True)
class Candidate:
    """A site as a job may see it.

    Attributes:
        config: Its file.
        facts: What is known of it.
        plan: What would be asked for.
        missing: Bytes of the job's files that it lacks, the checkpoint not counted.
        now: Seconds since 1970.
        drain: Since or from when it takes nothing new, as the journal says; None if it does not.
    """

    config: AnySiteConfig
    facts: Facts
    plan: Plan
    missing: int
    now: float
    drain: Drain | None = None

    def needs_checkpoint(self, wish: Wish) -> bool:
        """Tells whether the checkpoint would have to travel there."""
        return wish.bag is not None and wish.bag.site != self.config.name
