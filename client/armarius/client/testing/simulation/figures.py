"""What comes of a simulation: how long jobs took, against what they would at best."""

from dataclasses import dataclass
from statistics import mean, median

from armarius.client.placement.work import SETUP
from armarius.client.testing.simulation.world import SimulatedJob, World, pixels


@dataclass(frozen=True)
class Figures:
    """How well jobs were placed.

    Attributes:
        slowdown: Mean of the time from asking to done over that on the fastest site without queue or transfer.
        typical: The median of the same.
        turnaround: Mean seconds from asking to done.
        makespan: Seconds from the first job to the end of the last.
        jobs: How many were done.
    """

    slowdown: float
    typical: float
    turnaround: float
    makespan: float
    jobs: int

    @classmethod
    def of(cls, world: World, done: dict[str, float]) -> "Figures":
        """Reckons from when each job was done."""
        took = [(done[job.id] - job.arrives, at_best(world, job)) for job in world.jobs if job.id in done]
        slowed = [seconds / best for seconds, best in took]
        return cls(mean(slowed), median(slowed), mean(seconds for seconds, _ in took), max(done.values()), len(took))


def at_best(world: World, job: SimulatedJob) -> float:
    """Returns the seconds of a job on the fastest site, without queue or transfer."""
    return SETUP + pixels(world.pages[job.dataset]) * job.epochs * min(site.speed for site in world.sites)


def least_makespan(world: World) -> float:
    """Returns a makespan below which nobody gets: the last job alone at its best, or all places busy all the time."""
    alone = max(job.arrives + at_best(world, job) for job in world.jobs)
    pace = sum(site.slots / site.speed for site in world.sites)
    busy = sum(pixels(world.pages[job.dataset]) * job.epochs for job in world.jobs) / pace
    return max(alone, busy)
