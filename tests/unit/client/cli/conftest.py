from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from armarius.client.cli import main
from armarius.client.config import PoolConfig
from armarius.client.job import Job
from armarius.client.pool import Pool
from armarius.client.testing import do_pages
from armarius.functions.contracts import Outcome, PageFault, Phase, Progress, RunState, Task
from support.desk import MODEL, Bench, bench
from support.jobs import metrics

Armarius = Callable[..., Result]

LINES = (
    Progress(at=0, phase=Phase.CALIBRATING, step=5, steps_per_epoch=10),
    Progress(
        at=1, phase=Phase.TRAINING, epoch=1, step=10, steps_per_epoch=10, ends_epoch=True, loss=120.5,
        accuracy=0.125, lines_per_second=7.25, seconds_left=200,
    ),
    Progress(
        at=2, phase=Phase.TRAINING, epoch=2, step=20, steps_per_epoch=10, ends_epoch=True, loss=60.25,
        accuracy=0.5, memory=2_400_000_000, seconds_left=100,
    ),
)  # fmt: skip


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench whose site begins no run by itself."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    with bench(tmp_path) as ready:
        yield ready


@pytest.fixture
def pool(made: Bench) -> Pool:
    """A pool on that bench, for what a test does besides the command line."""
    return Pool(config(made), made.desk())


@pytest.fixture
def armarius(made: Bench, monkeypatch: pytest.MonkeyPatch) -> Armarius:
    """Runs a command on the bench; each has a pool of its own, as each process has."""

    def opened(_pool: type[Pool], folder: Path | None = None) -> Pool:
        return Pool(config(made), made.desk())

    def run(*arguments: str, code: int = 0) -> Result:
        result = CliRunner().invoke(main, arguments, prog_name="armarius")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert result.exit_code == code, f"{arguments} ended with {result.exit_code}\n{result.output}"
        return result

    monkeypatch.setattr(Pool, "from_config", classmethod(opened))
    return run


@pytest.fixture
def job(pool: Pool, made: Bench) -> Job:
    """A training that is written down."""
    return pool.train([made.folder / "pages"], name="poilus", output=made.folder / "out", held_out=1)


def config(made: Bench) -> PoolConfig:
    return PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,))


def computing(made: Bench, outcome: Outcome = Outcome.FINISHED, **fields: object) -> None:
    """Lets the site begin what it is given and then end it, one step each time that its driver rests."""

    def wait(_seconds: float) -> None:
        now = made.clock.now()
        for run_id, run in made.site.runs.items():
            if run.state is RunState.UNKNOWN:
                made.site.begin(run_id, *(line.model_copy(update={"at": now + line.at}) for line in LINES))
            elif run.state is RunState.RUNNING:
                made.site.end(run_id, outcome, **{**_brought(run.spec.task, outcome), **fields})
        made.clock.pass_(10)

    made.site.wait = wait


def _brought(task: Task, outcome: Outcome) -> dict[str, Any]:
    if outcome is not Outcome.FINISHED or task.is_of_pages:
        return {}
    return {"metrics": metrics()} | ({} if task is Task.EVALUATE else {"models": (MODEL,)})


def reading(
    made: Bench, faults: dict[int, PageFault] | None = None, outcome: Outcome = Outcome.FINISHED, **fields: object
) -> None:
    """Lets the site do all pages that it is given, and then end, one step each time that its driver rests."""

    def wait(_seconds: float) -> None:
        for run_id, run in made.site.runs.items():
            if run.state is RunState.UNKNOWN:
                do_pages(made.site, made.staging, run_id, faults=faults, at=made.clock.now())
            elif run.state is RunState.RUNNING:
                made.site.end(run_id, outcome, **fields)
        made.clock.pass_(10)

    made.site.wait = wait
