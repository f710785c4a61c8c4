"""The world of a simulation: sites with queues that rise and fall, jobs that arrive, and what goes wrong.

Mean waits are those of two computing centres, CSCS and sciCORE, for jobs of one to four nodes, as published with
S. Heinen, M. Schwilk, G. F. von Rudorff and O. A. von Lilienfeld, "Machine learning the computational cost of quantum
chemistry" (https://github.com/ferchault/mlscheduling, ``data/waittimes.txt``). That waits are lognormal, how far they
scatter, how slowly a queue changes and how much a scheduler exaggerates are assumptions; each has a name below.
"""

import math
import random
from dataclasses import dataclass, field

MEAN_WAITS = (1054.0, 6270.0, 9431.0, 751.0, 9004.0, 2592.0, 543.0, 1432.0, 222.0, 188.0)
"""Seconds, from that table: five of each centre, none next to nothing and none of half a day."""

SPREAD = 1.0
"""Standard deviation of the logarithm of a queue's level over time."""

SCATTER = 0.5
"""The same of single waits around the level of their hour."""

MEMORY = 0.9
"""How much of an hour's level is left in the next."""

DAY = 86_400.0


@dataclass(frozen=True)
class SimulatedJob:
    """A training.

    Attributes:
        id: Its name.
        arrives: When it is asked for, in seconds from the beginning.
        dataset: The number of its dataset.
        epochs: How long it trains.
    """

    id: str
    arrives: float
    dataset: int
    epochs: int


@dataclass(frozen=True)
class TrueSite:
    """A site as it really is; nobody is told.

    Attributes:
        name: Its name.
        speed: Seconds per pixel.
        slots: Runs of the pool that it computes at once.
        rate: Bytes per second of the way there.
        exaggerates: Its scheduler's estimate over the truth.
        levels: The level of its queue in each hour, in seconds.
        outages: When it cannot be reached: from, until.
        drains: When it takes nothing new.
        dies: When it burns down, with all that it computes; None if it does not.
    """

    name: str
    speed: float
    slots: int
    rate: float
    exaggerates: float
    levels: tuple[float, ...]
    outages: tuple[tuple[float, float], ...] = ()
    drains: tuple[tuple[float, float], ...] = ()
    dies: float | None = None

    def level(self, at: float) -> float:
        """Returns the level of its queue."""
        return self.levels[min(int(at // 3600), len(self.levels) - 1)]

    def wait(self, job: str, at: float) -> float:
        """Returns what a job waits in the queue if it is handed over now; the same for each who asks."""
        return self.level(at) * math.exp(random.Random(f"{self.name} {job}").gauss(0, SCATTER))  # noqa: S311

    def answers(self, at: float) -> bool:
        """Tells whether it can be reached."""
        return self.lives(at) and not _within(self.outages, at)

    def lives(self, at: float) -> bool:
        """Tells whether it has not burnt down."""
        return self.dies is None or at < self.dies

    def takes(self, at: float) -> bool:
        """Tells whether it takes something new."""
        return self.answers(at) and not _within(self.drains, at)


@dataclass(frozen=True)
class World:
    """Sites and jobs.

    Attributes:
        sites: As they really are.
        jobs: By their arrival.
        datasets: Bytes of each.
        pages: Of each dataset, with twenty lines each.
    """

    sites: tuple[TrueSite, ...]
    jobs: tuple[SimulatedJob, ...]
    datasets: tuple[int, ...] = field(default=())
    pages: tuple[int, ...] = field(default=())


def draw(seed: int, jobs: int, sites: int, *, load: float = 0.6) -> World:
    """Draws a world.

    Args:
        seed: Another one is another world.
        jobs: How many.
        sites: How many.
        load: What the jobs take over what all sites could compute at once, while they arrive.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    pages = tuple(chance.randint(5, 60) for _ in range(40))
    epochs = [max(20, min(3000, round(chance.lognormvariate(math.log(300), 0.8)))) for _ in range(jobs)]
    wanted = [(chance.randrange(len(pages)), each) for each in epochs]
    speeds = [8.0e-8 * chance.lognormvariate(0.0, 0.6) for _ in range(sites)]
    slots = [chance.choice((2, 4, 4, 8)) for _ in range(sites)]
    work = sum(pixels(pages[dataset]) * each for dataset, each in wanted)
    span = work / sum(n / s for n, s in zip(slots, speeds, strict=True)) / load
    arrivals = sorted(chance.uniform(0, span) for _ in range(jobs))
    drawn = tuple(
        SimulatedJob(f"job{number:06d}", at, dataset, each)
        for number, (at, (dataset, each)) in enumerate(zip(arrivals, wanted, strict=True))
    )
    places = [_site(chance, number, speeds[number], slots[number], span) for number in range(sites)]
    return World(tuple(places), drawn, tuple(5_000_000 * count for count in pages), pages)


def pixels(pages: int) -> float:
    """Returns the pixels of an epoch of so many pages, as :mod:`armarius.client.placement.work` reckons them."""
    return pages * 20 * 120 * 3300 * 120 / 240


def _site(chance: random.Random, number: int, speed: float, slots: int, span: float) -> TrueSite:
    mean = MEAN_WAITS[number % len(MEAN_WAITS)]
    hours = int(span // 3600) * 3 + 200
    dies = span * chance.uniform(0.3, 0.7) if number % 10 == 9 else None
    outages = tuple((at, at + chance.uniform(300, 3600)) for at in (chance.uniform(0, span) for _ in range(3)))
    drained = chance.uniform(0, span)
    return TrueSite(
        f"site{number:02d}",
        speed,
        slots,
        20e6 * chance.lognormvariate(0.0, 0.8),
        chance.uniform(1.0, 3.0),
        _levels(chance, mean, hours),
        outages,
        ((drained, drained + min(DAY, span / 10)),),
        dies,
    )


def _levels(chance: random.Random, mean: float, hours: int) -> tuple[float, ...]:
    """Draws the level of a queue, hour by hour: its logarithm wanders and comes back."""
    found, at = [], chance.gauss(0, 1)
    for _ in range(hours):
        found.append(mean * math.exp(SPREAD * at - SPREAD**2 / 2))
        at = MEMORY * at + math.sqrt(1 - MEMORY**2) * chance.gauss(0, 1)
    return tuple(found)


def _within(spans: tuple[tuple[float, float], ...], at: float) -> bool:
    return any(begin <= at < end for begin, end in spans)
