"""Other ways to place jobs, to compare with: they know less than the pool, or more than anybody can.

They are told at once which sites answer and take something, of which the pool must learn. A run that burns with its
site begins anew at once elsewhere.
"""

import heapq
from collections.abc import Callable, Sequence

from armarius.client.placement.work import SETUP
from armarius.client.testing.simulation.figures import Figures
from armarius.client.testing.simulation.places import Places, carrying
from armarius.client.testing.simulation.world import SimulatedJob, World, pixels

Choice = Callable[[int, SimulatedJob, float, Sequence[Places], list[int]], int]
"""Chooses one of the sites that take something: the number of the try, the job, the time, all sites, those."""


def round_robin(number: int, _job: SimulatedJob, _now: float, _places: Sequence[Places], open_: list[int]) -> int:
    """Each site in its turn."""
    return open_[number % len(open_)]


def least_queue(_number: int, _job: SimulatedJob, now: float, places: Sequence[Places], open_: list[int]) -> int:
    """Where the queue is shortest now, as its scheduler says, with the pool's own runs."""
    return min(
        open_, key=lambda each: places[each].site.exaggerates * places[each].site.level(now) + places[each].ahead(now)
    )


def place_by(world: World, choose: Choice) -> Figures:
    """Places all jobs by a way, and tells when each was done."""
    places = [Places(site) for site in world.sites]
    held: list[set[int]] = [set() for _ in places]
    waiting = [(job.arrives, number, job) for number, job in enumerate(world.jobs)]
    done: dict[str, float] = {}
    tries = 0
    while waiting:
        now, number, job = heapq.heappop(waiting)
        open_ = [each for each, place in enumerate(places) if place.site.takes(now)]
        if not open_:
            heapq.heappush(waiting, (now + 300, number, job))
            continue
        chosen = choose(tries, job, now, places, open_)
        tries += 1
        site = places[chosen].site
        there = now + (0.0 if job.dataset in held[chosen] else carrying(site, world.datasets[job.dataset]))
        held[chosen].add(job.dataset)
        _, ends = places[chosen].take(job.id, there, pixels(world.pages[job.dataset]) * job.epochs)
        if site.dies is not None and ends > site.dies:
            heapq.heappush(waiting, (max(now, site.dies), number, job))
        else:
            done[job.id] = ends
    return Figures.of(world, done)


def clairvoyant(world: World) -> Figures:
    """Places each job where it is in truth done first, knowing all waits, speeds and deaths; others come after it.

    Not the best schedule that there is, which nobody can compute, but one that no pool can know.
    """

    def choose(_number: int, job: SimulatedJob, now: float, places: Sequence[Places], open_: list[int]) -> int:
        def end(each: int) -> float:
            site = places[each].site
            there = now + carrying(site, world.datasets[job.dataset])
            work = SETUP + pixels(world.pages[job.dataset]) * job.epochs * site.speed
            ends = places[each].begins(job.id, there) + work
            return ends if site.dies is None or ends <= site.dies else float("inf")

        return min(open_, key=end)

    return place_by(world, choose)
