"""When a site would be done with a job: staging, waiting and computing, added up."""

import math
from dataclasses import dataclass

from armarius.client.config import AnySiteConfig, LocalSiteConfig, SlurmSiteConfig
from armarius.client.placement.candidate import Candidate, Wish
from armarius.client.placement.carrying import Carriage
from armarius.client.placement.decision import Sum
from armarius.client.placement.scout import Facts
from armarius.client.placement.waiting import EXPECTED_SLOTS, estimate_of, is_next, own_wait, wait_for
from armarius.client.placement.work import around_of, speed_of


@dataclass(frozen=True)
class Usual:
    """What the pool's sites are like: a new one is expected to be so.

    Attributes:
        factor: How much slower than their processors promise they compute.
        around: Seconds of a training that are no epochs.
        carriage: How the site is reached on which the checkpoint is.
    """

    factor: float
    around: float
    carriage: Carriage


def estimate(wish: Wish, candidate: Candidate, usual: Usual, ahead: int = 0) -> Sum:
    """Adds up what one site would take.

    Args:
        wish: The job.
        candidate: The site.
        usual: What the pool's sites are like.
        ahead: Jobs like this one that wait in the pool for a place there, and come first.
    """
    config, facts, plan = candidate.config, candidate.facts, candidate.plan
    speed = speed_of(facts.speeds, wish.work, plan.shape, usual.factor)
    work = around_of(facts.around, usual.around) + wish.work.pixels * speed.value
    rung = config.rung(plan.walltime) if plan.walltime is not None else None
    queue = estimate_of(facts.queue, plan.shape.name, rung)
    load = facts.load.and_more(ahead, work)
    own = own_wait(load, slots(config, facts, plan.shape.name), work)
    size, staging = _staging(wish, candidate, usual.carriage)
    first = wait_for(facts.waits, queue, own, follows=is_next(facts.queue, plan.shape.name, facts.load))
    return Sum(
        staging=staging,
        wait=first + _further_waits(config, plan.walltime, work) * wait_for(facts.waits, queue, 0.0),
        work=work,
        own=own,
        size=size,
        queue=queue,
        shape=plan.shape.name,
        walltime=plan.walltime,
        measured=speed.measured,
    )


def slots(config: AnySiteConfig, facts: Facts, shape: str) -> int:
    """Returns how many of the pool's runs a site computes at once, as far as that is known."""
    most = config.limit if config.limit is not None else math.inf
    if isinstance(config, LocalSiteConfig):
        return int(min(config.workers, most))
    if isinstance(config, SlurmSiteConfig):
        most = min(most, config.max_blocks)
    free = facts.queue.free.get(shape) if facts.queue else None
    now = facts.load.running
    then = now if facts.running is None else facts.running
    return int(max(1, min(most, max(now, EXPECTED_SLOTS if free is None else then + free))))


def _staging(wish: Wish, candidate: Candidate, source: Carriage) -> tuple[int, float]:
    """Returns the bytes that a site lacks, and the seconds until they are there; a checkpoint comes by this machine."""
    if wish.bag is None or not candidate.needs_checkpoint(wish):
        return candidate.missing, candidate.facts.carriage.seconds(candidate.missing)
    size = wish.bag.reference.size
    home = 0.0 if wish.bag.here else source.seconds(size)
    return candidate.missing + size, home + candidate.facts.carriage.seconds(candidate.missing + size)


def _further_waits(config: AnySiteConfig, walltime: float | None, work: float) -> int:
    """Returns how often a run will pause and queue again, because its walltime is shorter than its work."""
    if walltime is None or work <= walltime:
        return 0
    return math.ceil((work - walltime) / config.ladder()[-1])
