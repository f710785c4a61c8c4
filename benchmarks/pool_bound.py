"""What one could have done who had known everything beforehand: a bound, and a schedule. Pure arithmetic.

The world is what was measured: how long each job occupies a place at each site, and from when each place was to be had.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass

ORDERS = 400
"""Orders in which the jobs are dealt out, in search of the best schedule."""

STEPS = 400
"""Prices that are tried, in search of the best bound."""


@dataclass(frozen=True)
class Measured:
    """What was measured, in seconds.

    Attributes:
        took: By site and job, how long the job occupies a place there.
        opens: By site, from when on each of its places was to be had.
    """

    took: Sequence[Sequence[float]]
    opens: Sequence[Sequence[float]]

    @property
    def jobs(self) -> int:
        """How many."""
        return len(self.took[0])

    @property
    def sites(self) -> range:
        """Their numbers."""
        return range(len(self.took))


def least_makespan(world: Measured, seed: int = 1) -> float:
    """Returns a makespan that no schedule beats, in which each job runs once, on one place, without a break.

    It is the larger of two. Alone: the job that takes longest even where it would end first. Together: a price is put
    on a second of a place of each site. By it, all jobs cost at least the sum of what each costs where it is cheapest;
    and until some time all places together are worth no more than they are open by then. Before the two are equal,
    nobody can be done, whatever the prices are (this is the dual of the linear program in which a job may be cut
    up); so the prices are sought that say the most, and a bad search only says less than it could.

    Args:
        world: What was measured.
        seed: Of the search.
    """
    alone = max(
        min(min(world.opens[site]) + world.took[site][job] for site in world.sites) for job in range(world.jobs)
    )
    chance = random.Random(seed)
    prices = [world.jobs / sum(world.took[site]) for site in world.sites]
    best, reach = _together(world, prices), 0.5
    for step in range(STEPS):
        tried = [price * chance.uniform(1 - reach, 1 + reach) for price in prices]
        if (found := _together(world, tried)) > best:
            best, prices = found, tried
        if step % 40 == 39:
            reach /= 1.7
    return max(alone, best)


def _together(world: Measured, prices: Sequence[float]) -> float:
    """Returns the time until which all places together are worth what the jobs cost at least."""
    cost = sum(min(prices[site] * world.took[site][job] for site in world.sites) for job in range(world.jobs))

    open_ = sorted((at, prices[site]) for site in world.sites for at in world.opens[site])
    rate = spent = until = 0.0
    for place, (at, price) in enumerate(open_):
        rate, spent = rate + price, spent + price * at
        until = (cost + spent) / rate  # with these places alone
        if place + 1 == len(open_) or until <= open_[place + 1][0]:
            break
    return until


def good_schedule(world: Measured, seed: int = 1) -> float:
    """Returns the makespan of the best schedule that was found: nobody without foreknowledge is expected to beat it.

    Jobs are dealt out in many orders, each to the place where it ends first: the longest first, and then orders that
    differ from the best so far by two jobs.

    Args:
        world: What was measured.
        seed: Of the search.
    """
    chance = random.Random(seed)
    best = sorted(range(world.jobs), key=lambda job: -min(world.took[site][job] for site in world.sites))
    least = _dealt(world, best)
    for _ in range(ORDERS if world.jobs > 1 else 0):
        order = list(best)
        first, second = chance.sample(range(world.jobs), 2)
        order[first], order[second] = order[second], order[first]
        if (found := _dealt(world, order)) <= least:
            best, least = order, found
    return least


def _dealt(world: Measured, order: Sequence[int]) -> float:
    """Returns the makespan if each job, in this order, goes to the place where it ends first."""
    free = [(site, at) for site in world.sites for at in world.opens[site]]
    last = 0.0
    for job in order:
        place = min(range(len(free)), key=lambda each: free[each][1] + world.took[free[each][0]][job])
        site, at = free[place]
        free[place] = site, at + world.took[site][job]
        last = max(last, free[place][1])
    return last


def opened(spans: Sequence[tuple[float, float]]) -> list[float]:
    """Returns from when on each place of a site was used, by the begins and ends of all runs there.

    A run takes the place that has been free for the shortest time, and a new one only where all are taken: so there
    are as many as were used at the same time.
    """
    ends: list[float] = []
    begins: list[float] = []
    for begun, ended in sorted(spans):
        free = [place for place, end in enumerate(ends) if end <= begun]
        if free:
            ends[max(free, key=lambda place: ends[place])] = ended
        else:
            begins.append(begun)
            ends.append(ended)
    return begins
