"""Driving the real ``advance`` through a simulated world, from event to event."""

import heapq
import shutil
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

import psutil

from armarius.client.config import SlurmSiteConfig
from armarius.client.config.slurm import SlurmOptions
from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.keeping import SELDOM, forget_checkpoints
from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.client.placement.decision import Decision
from armarius.client.testing.clock import FakeClock
from armarius.client.testing.simulation.course import TOLD
from armarius.client.testing.simulation.datasets import lend, written
from armarius.client.testing.simulation.figures import Figures
from armarius.client.testing.simulation.places import Places
from armarius.client.testing.simulation.site import SHAPE, SimulatedSite
from armarius.client.testing.simulation.staging import SimulatedStaging
from armarius.client.testing.simulation.world import SimulatedJob, World, pixels
from armarius.functions.contracts import ArmariusError, RecognitionParameters, Shape

START = 1_000_000.0
AGAIN = 300.0
"""Seconds after which a job is looked at again that no site takes, or whose site does not answer."""

MOMENTS = 10
"""How often the cost so far is noted."""

TICK = 1.0
"""Seconds after which a driver sees what has happened."""

OFFERED = Shape(name=SHAPE, cpus=4, memory=16 * 2**30)


@dataclass(frozen=True)
class Driven:
    """What came of it, and what it cost.

    Attributes:
        figures: How well jobs were placed.
        advances: How often ``advance`` was called.
        seconds: Processor seconds in it.
        memory: Bytes that this process grew by.
        twice: Jobs of which more than one run came to a good end.
        wandered: Jobs that had more than one run.
        growth: Jobs done, seconds of ``advance`` and bytes by then, at ten moments.
        promises: What a job took over what was promised when it was placed first, by the quantile.
    """

    figures: Figures
    advances: int
    seconds: float
    memory: int
    twice: int
    wandered: int
    growth: tuple[tuple[int, float, int], ...]
    promises: dict[str, float]


class Simulation:
    """One driver with its desk in a simulated world.

    Args:
        world: The world.
        folder: For datasets.
        journal: A SQLAlchemy URL; by default in memory.

    Attributes:
        journal: What is written down.
    """

    def __init__(self, world: World, folder: Path, journal: str = "sqlite:///:memory:") -> None:
        self._world = world
        self._clock = FakeClock(START)
        self.journal = Journal(journal)
        self._datasets = written(world, folder)
        per_epoch = {digest: pixels(world.pages[number]) for number, (digest, _) in enumerate(self._datasets)}
        self._sites = {each.name: SimulatedSite(Places(each), self._clock, START, per_epoch) for each in world.sites}
        self._stagings = {name: SimulatedStaging(site) for name, site in self._sites.items()}
        self._desk = Desk(self.journal, self._links(), self._clock, "elsewhere|simulation|1")
        self._folder = folder
        self._at: list[tuple[float, int, str]] = []
        self._count = 0

    def run(self) -> Driven:
        """Lets all jobs come and be done."""
        process, done, advances, seconds, growth = psutil.Process(), {}, 0, 0.0, []
        before = process.memory_info().rss
        for job in self._world.jobs:
            self._look_at(job.id, job.arrives)
        arriving = {job.id: job for job in self._world.jobs}
        while self._at:
            at, _, job_id = heapq.heappop(self._at)
            self._clock.pass_(max(0.0, START + at - self._clock.now()))
            if job_id in arriving:
                self._create(arriving.pop(job_id))
            self._drain()
            begun = time.process_time()
            row = self._advance(job_id)
            seconds += time.process_time() - begun
            advances += 1
            if row is None or not row.state.final:
                self._look_at(job_id, self._next(row, at))
            else:
                done[job_id] = at
                if len(done) * MOMENTS % len(self._world.jobs) < MOMENTS:
                    growth.append((len(done), seconds, process.memory_info().rss - before))
        grown = process.memory_info().rss - before
        figures = Figures.of(self._world, done)
        return Driven(figures, advances, seconds, grown, *self._runs(), tuple(growth), self._promises(done))

    def close(self) -> None:
        """Ends it."""
        self.journal.close()

    def _create(self, job: SimulatedJob) -> None:
        digest, folder = self._datasets[job.dataset]
        request = JobRequest(
            kind=JobKind.TRAIN,
            name="model",
            dataset=digest,
            dataset_dir=lend(folder, self._folder / "jobs" / job.id),
            output=self._folder,
            parameters=RecognitionParameters(quit="fixed", epochs=job.epochs),
            checkpoint_every=TOLD / SELDOM,
        )
        self.journal.create(job.id, request, self._clock.now())

    def _advance(self, job_id: str) -> JobRow | None:
        """Takes a job one step further; one whose results are to be brought home is done."""
        try:
            row = advance(self._desk, job_id)
        except ArmariusError:
            return None
        if row.state is not JobState.RETURNING:
            return row
        self._desk.move(row, JobState.DONE)
        self._desk.give_back(job_id)
        forget_checkpoints(row)
        shutil.rmtree(row.request.dataset_dir)
        for run in row.runs:
            self._desk.release(run.site, [run.id])
        return self.journal.job(job_id)

    def _next(self, row: JobRow | None, now: float) -> float:
        """Returns when there will be something to see of a job."""
        if row is None or row.state is JobState.WAITING:
            return now + AGAIN
        run = row.run
        if run is None:
            return now
        if row.state in (JobState.PLACED, JobState.STAGING):
            return self._staged(row, run, now)
        if not row.state.computing:
            return now
        dies = self._sites[run.site].true.dies
        changes = self._sites[run.site].changes(run.id)
        due = now + AGAIN if changes is None else changes
        return (due if dies is None or not now < dies < due else dies) + TICK

    def _staged(self, row: JobRow, run: RunRow, now: float) -> float:
        """Returns when what a run waits for will have come: its files, or its checkpoint on the way by this machine."""
        comes = [self._stagings[run.site].arrives(f"{run.id}-in")]
        if run.spec.resume_from is not None:
            source = next(each.site for each in row.runs if each.id == run.spec.resume_from.run_id)
            comes.append(self._stagings[source].arrives(f"{run.id}-checkpoint"))
        return max(comes) + (TICK if max(comes) > now or row.state is JobState.STAGING else 0.0)

    def _look_at(self, job_id: str, at: float) -> None:
        self._count += 1
        heapq.heappush(self._at, (at, self._count, job_id))

    def _links(self) -> dict[str, SiteLink]:
        return {
            name: SiteLink(_config(name, site.true.slots), site, self._stagings[name])
            for name, site in self._sites.items()
        }

    def _drain(self) -> None:
        """Lets operators drain their sites, and open them again."""
        now = self._clock.now() - START
        for name, link in list(self._desk.sites.items()):
            drained = any(begin <= now < end for begin, end in self._sites[name].true.drains)
            if drained != link.config.drained:
                config = link.config.model_copy(update={"drained": drained})
                links = {**self._desk.sites, name: SiteLink(config, link.compute, link.staging)}
                object.__setattr__(self._desk, "sites", links)  # as a pool that reads its files anew

    def _runs(self) -> tuple[int, int]:
        rows: Iterable[JobRow] = self.journal.jobs()
        runs = [[(run.report_json or {}).get("outcome") == "finished" for run in row.runs] for row in rows]
        return sum(1 for each in runs if sum(each) > 1), sum(1 for each in runs if len(each) > 1)

    def _promises(self, done: dict[str, float]) -> dict[str, float]:
        """Compares what was promised with what came."""
        ratios = []
        for job_id, at in done.items():
            row = self.journal.sites.decision(f"{job_id}-1")
            decision = Decision.model_validate(row.decision_json) if row is not None else Decision(at=0)
            total = decision.sum_of(decision.chosen)
            if total is not None:
                ratios.append((START + at - decision.at) / total.finish)
        cuts = quantiles(ratios, n=20)
        return {name: cuts[each] for name, each in (("5 %", 0), ("25 %", 4), ("50 %", 9), ("75 %", 14), ("95 %", 18))}


def _config(name: str, slots: int) -> SlurmSiteConfig:
    return SlurmSiteConfig(
        name=name,
        root="/scratch",
        kraken_python="/opt/python",
        shapes=(OFFERED,),
        walltimes=("60d",),
        slurm={SHAPE: SlurmOptions()},
        address="10.0.0.1",
        max_blocks=slots,
        patience="2h",
    )
