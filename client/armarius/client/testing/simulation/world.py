"""The world of a simulation: sites with queues that rise and fall, jobs that arrive, and what goes wrong.

What is published of real clusters is in :mod:`armarius.client.testing.simulation.published`. How much the sites differ
in speed, how many runs of the pool each takes, how its scheduler exaggerates and what goes wrong are assumptions.
"""

import random
from dataclasses import dataclass, field

from armarius.client.testing.simulation.asking import DAY, arrival, length
from armarius.client.testing.simulation.published import EMPTY, MEAN_WAITS
from armarius.client.testing.simulation.queues import levels, scattered

SPEED = 8.0e-8
"""Seconds per pixel at a site of the usual speed."""

MOST_EPOCHS = 10_000
"""That a training may have."""


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
        return scattered(f"{self.name} {job}", self.level(at))

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
        load: What the jobs take over what all sites could compute at once, while they arrive; over whole days.
    """
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    pages = (60, *(chance.randint(5, 60) for _ in range(39)))
    wanted = [_wanted(chance, pages) for _ in range(jobs)]
    speeds = [SPEED * chance.lognormvariate(0.0, 0.6) for _ in range(sites)]
    slots = [chance.choice((2, 4, 4, 8)) for _ in range(sites)]
    work = sum(pixels(pages[dataset]) * epochs for dataset, epochs in wanted)
    span = work / sum(n / s for n, s in zip(slots, speeds, strict=True)) / load
    days = max(1, round(span / DAY))
    arrivals = sorted(arrival(chance, days) for _ in range(jobs))
    drawn = tuple(
        SimulatedJob(f"job{number:06d}", at - arrivals[0], dataset, epochs)
        for number, (at, (dataset, epochs)) in enumerate(zip(arrivals, wanted, strict=True))
    )
    places = [_site(chance, number, speeds[number], slots[number], DAY * days) for number in range(sites)]
    return World(tuple(places), drawn, tuple(5_000_000 * count for count in pages), pages)


def pixels(pages: int) -> float:
    """Returns the pixels of an epoch of so many pages, as :mod:`armarius.client.placement.work` reckons them."""
    return pages * 20 * 120 * 3300 * 120 / 240


def _wanted(chance: random.Random, pages: tuple[int, ...]) -> tuple[int, int]:
    """Draws what somebody trains on, and for how many epochs; those who train long have pages enough."""
    seconds = length(chance)
    while True:
        dataset = chance.randrange(len(pages))
        epochs = max(1, round(seconds / (SPEED * pixels(pages[dataset]))))
        if epochs <= MOST_EPOCHS:
            return dataset, epochs


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
        levels(chance, mean, chance.choice(EMPTY), hours),
        outages,
        ((drained, drained + min(DAY, span / 10)),),
        dies,
    )


def _within(spans: tuple[tuple[float, float], ...], at: float) -> bool:
    return any(begin <= at < end for begin, end in spans)
