"""Many trainings through the product, placed by one way or another, and what came of each."""

import hashlib
import os
import random
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click
from common import say
from pool_clusters import World

from armarius.client.config import JOURNAL_VARIABLE
from armarius.client.jobs.places import site_of
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.client.placement.decision import Decision
from armarius.client.pool import Pool
from armarius.functions.contracts import RecognitionParameters, RunReport
from support.cli import until
from support.synthetic_dataset import TINY_SPEC, write_small_pages

LEAST_EPOCHS, MOST_EPOCHS = 14, 26
"""Of a job: the drawn lines are few and the network is tiny, so that these take some seconds."""

BASE_EPOCHS = 80
"""Of the first models, which the others start from: so that all of these read."""

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 2400.0
"""In which all jobs of a way must end."""

Wish = tuple[int, str | None]
"""The number of a job, and the site that is named for it; None leaves it to the pool."""


@dataclass(frozen=True)
class Arrived:
    """What came of a job; times in seconds from the start of its way.

    Attributes:
        number: Which.
        site: Where the run was computed that brought the model, or failed; None if no end of any was heard.
        begun: When that run began.
        ended: When it ended there.
        home: When the job was done, the model at home.
        foretold: Seconds from the last decision to the end, by the sum that decided; None if nothing was compared.
        took: Seconds from that decision to the end.
        runs: How many runs the job had.
        counted: How often it was done: once, whatever became of runs whose models died with their cluster.
        model: Digest of the model's weights.
        error: Why it failed.
        sums: By site, what was added up for the decision.
        steps: By state of the job, when it came to it at last.
    """

    number: int
    site: str | None
    begun: float = 0.0
    ended: float = 0.0
    home: float = 0.0
    foretold: float | None = None
    took: float | None = None
    runs: int = 0
    counted: int = 0
    model: str = ""
    error: str = ""
    sums: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    steps: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Way:
    """All jobs of a way.

    Attributes:
        name: Of the way.
        arrived: What came of each job.
        killed: When a cluster was killed, in seconds from the start; None if none was.
    """

    name: str
    arrived: tuple[Arrived, ...]
    killed: float | None = None

    @property
    def makespan(self) -> float:
        """Seconds from the start until the last model was home."""
        return max(each.home for each in self.arrived)

    def at(self, site: str) -> list[Arrived]:
        """Returns what was computed at a site."""
        return [each for each in self.arrived if each.site == site]


@dataclass
class Course:
    """A way that goes on.

    Attributes:
        journal: Its own: a way knows nothing of those before it, unless it is given their journal.
        begun: When, in seconds since 1970.
        killed: When a cluster was killed.
    """

    journal: Journal
    begun: float = 0.0
    killed: float | None = None
    jobs: dict[str, int] = field(default_factory=dict)

    def rows(self) -> list[JobRow]:
        """Reads its jobs."""
        return [row for row in self.journal.jobs() if row.id in self.jobs]

    def open(self) -> int:
        """Returns how many have not ended."""
        return sum(1 for row in self.journal.jobs(unfinished_only=True) if row.id in self.jobs)


Event = Callable[[Course], None]
"""Called now and then, to do something to the world."""


def epochs_of(number: int) -> int:
    """Returns how long a job is: always the same for a number."""
    return random.Random(number).randint(LEAST_EPOCHS, MOST_EPOCHS)


def go(
    world: World,
    name: str,
    wishes: Sequence[Wish],
    *,
    base: Path | None = None,
    journal: str | None = None,
    event: Event = lambda _: None,
) -> Way:
    """Writes all jobs down, then lets ``armarius serve`` drive them to their ends.

    Args:
        world: The clusters; empty before and after.
        name: Of the way.
        wishes: The jobs. Each has pages of its own, which no site has yet.
        base: What each starts from; None lets each begin with nothing, and train for long.
        journal: The name of the journal; by default that of the way.
        event: Something that happens meanwhile.

    Raises:
        ClickException: They do not end.
    """
    home = world.federation.home
    url = f"sqlite:///{home.path / (journal or name)}.sqlite"
    os.environ.update({**home.environment, JOURNAL_VARIABLE: url})
    for cluster in world.clusters.values():
        cluster.settle()
    with Pool.from_config() as pool:
        jobs = {_written(pool, _folder(world, name), number, site, base): number for number, site in wishes}
    course = Course(Journal(url), jobs=jobs)
    log = home.path / f"{name}.log"
    for cluster in world.clusters.values():
        cluster.begin()
    course.begun = time.time()
    try:
        with home.started("serve", output=log) as driver:
            _until_all_ended(world, course, driver, event, name)
        return Way(name, tuple(_arrived(course, row) for row in course.rows()), course.killed)
    except AssertionError as error:
        raise click.ClickException(f"{name}: {error}\n{log.read_text(errors='replace')[-3000:]}") from error
    finally:
        course.journal.close()


def base_of(world: World, name: str) -> Path:
    """Returns the first model of a way."""
    return min(_folder(world, name).glob("*/*.safetensors"))


def _folder(world: World, name: str) -> Path:
    return world.federation.home.path / "ways" / name


def _written(pool: Pool, folder: Path, number: int, site: str | None, base: Path | None) -> str:
    """Writes a job down, and returns its id."""
    label = f"{number}-{site or 'anywhere'}"
    seed = int.from_bytes(hashlib.sha256(f"{folder.name} {label}".encode()).digest()[:4])
    pages = write_small_pages(folder / f"pages-{label}", seed)
    parameters = RecognitionParameters(
        spec=TINY_SPEC,
        batch_size=1,
        quit="fixed",
        epochs=epochs_of(number) if base else BASE_EPOCHS,
        lrate=0.005 if base else 0.01,
        precision="32-true",
        seed=seed,
    )
    job = pool.train(
        [pages],
        name=f"model-{label}",
        parameters=parameters,
        base_model=base,
        output=folder / label,
        site=site,
        calibration=1,
        checkpoint_every=5,
    )
    return job.id


def _until_all_ended(world: World, course: Course, driver: "subprocess.Popen[str]", event: Event, name: str) -> None:
    told = 0.0

    def all_ended() -> bool:
        nonlocal told
        time.sleep(LOOK_SECONDS)
        for cluster in world.clusters.values():
            cluster.go_on()
        event(course)
        left, now = course.open(), time.time() - course.begun
        if now - told > 30:
            told = now
            say(f"{name}: {len(course.jobs) - left} of {len(course.jobs)} after {now:.0f} s")
        return left == 0

    until(all_ended, "the ends of all jobs", driver, PATIENCE_SECONDS)


def _arrived(course: Course, row: JobRow) -> Arrived:
    """Reads what came of a job."""
    number, last = course.jobs[row.id], row.run
    done = sum(1 for event in row.events if event.state is JobState.DONE)
    decision = _decision(course.journal, last)
    home = row.events[-1].at
    if last is None or last.report_json is None:
        return Arrived(number, None, home=home - course.begun, runs=len(row.runs), error=row.error or row.state.value)
    report = RunReport.common(last.report_json)
    foretold = decision.sum_of(decision.chosen) if decision else None
    return Arrived(
        number,
        site_of(last.site),
        report.started - course.begun,
        report.ended - course.begun,
        home - course.begun,
        foretold.finish if foretold else None,
        report.ended - decision.at if decision else None,
        len(row.runs),
        done,
        _model(row.request.output),
        "" if row.state is JobState.DONE else row.error or row.state.value,
        {each.site: each.sum.model_dump() for each in decision.verdicts if each.sum} if decision else {},
        {event.state.value: round(event.at - course.begun, 1) for event in row.events},
    )


def _decision(journal: Journal, run: RunRow | None) -> Decision | None:
    row = journal.sites.decision(run.id) if run else None
    return Decision.model_validate(row.decision_json) if row else None


def _model(folder: Path) -> str:
    """Returns the digest of the one model that came, or what is wrong."""
    models = sorted(folder.glob("*.safetensors"))
    return hashlib.sha256(models[0].read_bytes()).hexdigest() if len(models) == 1 else f"{len(models)} models"
