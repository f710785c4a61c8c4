"""What the calibration of a training foretold, beside what the training then took."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import click
from common import (
    Armarius,
    Pages,
    common_options,
    median,
    only_report,
    prepared,
    print_json,
    say,
)
from segmentation import SPEC as LAYOUT_SPEC

from armarius.client.demo import SPEC
from armarius.client.words import size
from armarius.functions.contracts import TrainReport

JOBS = (
    "train,6,1,48,24", "train,6,2,48,24", "train,6,4,64,16", "train,6,8,48,30", "train,6,auto,64,12", "train,3,1,64,24",
    "train,4,2,96,12", "train,6,1,120,8", "train,2,1,96,20", "segtrain,6,1,400,40", "segtrain,4,1,600,32",
    "segtrain,6,1,300,60",
)  # fmt: skip
SPECS = {"train": SPEC, "segtrain": LAYOUT_SPEC}
GOAL_MEDIAN, GOAL_NINE_OF_TEN, GOAL_MEMORY = 0.10, 0.20, -0.05
"""Error of the median, of nine runs of ten, and how far below the actual peak a foretold memory may lie."""
_JOB = re.compile(r"(train|segtrain),([1-9]\d{0,2}),(auto|[1-9]\d{0,3}),([1-9]\d{0,3}),([1-9]\d{0,3})")
_HEIGHT = re.compile(r"^\[1,\d+,")
_NOTE = """Error: foretold over actual, minus 1.
The rest is foretold as a range, from the earliest end by early stopping to the last epoch. These trainings have a fixed
number of epochs (--quit fixed): the range is one figure, and what early stopping may do is not tested here."""


@dataclass(frozen=True)
class Wish:
    """A training to foretell.

    Attributes:
        command: "train" or "segtrain".
        pages: As many at most.
        batch_size: Lines per step, or "auto"; a page is always alone.
        height: Pixels to which a line or a page is scaled.
        epochs: As many, and no fewer.
    """

    command: str
    pages: int
    batch_size: str
    height: int
    epochs: int

    def __str__(self) -> str:
        return (
            f"{self.command}, {self.pages} pages, batch {self.batch_size}, height {self.height}, {self.epochs} epochs"
        )

    def options(self, specs: dict[str, str]) -> list[str]:
        """Returns the options that ask for it."""
        batch = ["--batch-size", self.batch_size] if self.command == "train" else []
        spec = _HEIGHT.sub(f"[1,{self.height},", specs[self.command])
        return ["--spec", spec, *batch, "--quit", "fixed", "--epochs", str(self.epochs)]

    def of(self, pages: Pages) -> Pages:
        """Returns the first pages."""
        return replace(pages, train=pages.train[: self.pages])


@dataclass(frozen=True)
class Pair:
    """A prediction and what came of it."""

    foretold: float
    actual: float

    @property
    def error(self) -> float:
        """Foretold over actual, minus 1: positive where too much was foretold."""
        return self.foretold / self.actual - 1


@dataclass(frozen=True)
class Outcome:
    """One job.

    Attributes:
        wish: What was asked.
        calibration: Seconds that it measured.
        rest: Seconds from the calibration to the end of the run, with model files and test.
        epoch: Seconds of one epoch with its validation; the actual one is the mean over all epochs.
        memory: Peak bytes of the engine since the training began: what was tried before it is over by then.
    """

    wish: Wish
    calibration: float
    rest: Pair
    epoch: Pair
    memory: Pair


def _wishes(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Wish, ...]:
    """Reads the likes of "train,4,2,48,12"."""
    return tuple(map(_wish, values))


def _wish(value: str) -> Wish:
    match = _JOB.fullmatch(value)
    if match is None:
        raise click.BadParameter(f"{value!r} is not command, pages, batch, height and epochs, such as train,4,2,48,12.")
    command, pages, batch_size, height, epochs = match.groups()
    return Wish(command, int(pages), batch_size, int(height), int(epochs))


@click.command()
@common_options
@click.option(
    "--job",
    "jobs",
    metavar="COMMAND,PAGES,BATCH,HEIGHT,EPOCHS",
    callback=_wishes,
    multiple=True,
    default=JOBS,
    show_default="twelve",
    help="A training; may be repeated.",
)
@click.option("--spec", default=SPEC, show_default=True, help="The network that reads, in VGSL; jobs set its height.")
@click.option(
    "--calibration", type=click.FloatRange(0), default=10.0, show_default=True, help="Seconds of training to measure."
)
def main(
    pages: Path | None,
    threads: int,
    lrate: float,
    kraken: Path,
    jobs: tuple[Wish, ...],
    spec: str,
    calibration: float,
) -> None:
    """Run small trainings and compare what their calibration foretold with what they took."""
    if not _HEIGHT.match(spec):
        raise click.BadParameter("a network that begins like [1,48,0,1 is needed: its height is set by each job.")
    common = ["--lrate", str(lrate), "--threads", str(threads), "--calibration", str(calibration)]
    outcomes, failed = [], []
    with prepared(kraken, pages) as (engine, where, found, folder):
        for number, wish in enumerate(jobs, start=1):
            say(f"job {number} of {len(jobs)}: {wish}")
            options = [*wish.options({**SPECS, "train": spec}), *common]
            try:
                outcomes.append(_job(Armarius(engine, folder / f"home-{number}"), found, wish, options))
            except click.ClickException as error:
                say(f"left out: {error.message}")
                failed.append(str(wish))
    if not outcomes:
        raise click.ClickException("No training ended well; there is nothing to compare.")
    _tell(outcomes)
    asked = {"spec": spec, "lrate": lrate, "threads": threads, "calibration": calibration}
    print_json(_json(outcomes, failed, found, asked, where))


def _job(armarius: Armarius, pages: Pages, wish: Wish, options: list[str]) -> Outcome:
    _, job = armarius.train(wish.of(pages), "model", *options, command=wish.command)
    return _outcome(wish, only_report(armarius.show(job["id"])))


def _outcome(wish: Wish, report: TrainReport) -> Outcome:
    """Compares; as the report page of a job does it.

    Raises:
        ClickException: The calibration was not over before the training was.
    """
    foretold, usage = report.calibration, report.usage
    trained = sum(epoch.seconds for epoch in report.epochs)
    if foretold is None or foretold.seconds >= trained or usage.training_memory is None:
        raise click.ClickException(
            f"{wish}: the training took {trained:.1f} s, and nothing was left to foretell. "
            "Ask for more epochs, or a shorter --calibration."
        )
    cost = foretold.cost
    return Outcome(
        wish=wish,
        calibration=foretold.seconds,
        rest=Pair(foretold.seconds_left[1], usage.seconds - usage.setup_seconds - foretold.seconds),
        epoch=Pair(
            cost.pixels_per_epoch * cost.seconds_per_pixel + cost.validation_seconds, trained / len(report.epochs)
        ),
        memory=Pair(cost.memory, usage.training_memory),
    )


def _tell(outcomes: list[Outcome]) -> None:
    """Prints the table for people."""
    columns = ("rest of the run", "one epoch", "peak memory")
    click.echo(f"{'':<58}{'measured':>9}" + "".join(f"{column:>33}" for column in columns))
    click.echo(f"{'job':<58}{'':>9}" + f"{'foretold':>13}{'actual':>10}{'error':>10}" * len(columns))
    for each in outcomes:
        figures = _row(each.rest, "{:.1f} s".format) + _row(each.epoch, "{:.2f} s".format) + _row(each.memory, size)
        click.echo(f"{each.wish!s:<58}{each.calibration:7.1f} s{figures}")
    for name, what in (("rest", "rest of the run"), ("epoch", "one epoch"), ("memory", "peak memory")):
        errors = _errors(outcomes, name)
        within = sum(abs(error) <= GOAL_NINE_OF_TEN for error in errors) / len(errors)
        click.echo(
            f"{what}: median error {median(errors):+.1%}, median size of the error {median(map(abs, errors)):.1%} "
            f"(goal: {GOAL_MEDIAN:.0%}), {within:.0%} within {GOAL_NINE_OF_TEN:.0%} (goal: 90%), "
            f"lowest {min(errors):+.1%}" + (f" (goal: not below {GOAL_MEMORY:.0%})" if name == "memory" else "")
        )
    click.echo(_NOTE)


def _errors(outcomes: list[Outcome], name: str) -> list[float]:
    return [getattr(each, name).error for each in outcomes]


def _row(pair: Pair, written: Callable[[float], str]) -> str:
    return f"{written(pair.foretold):>13}{written(pair.actual):>10}{pair.error:>+10.1%}"


def _json(
    outcomes: list[Outcome], failed: list[str], pages: Pages, asked: dict[str, Any], where: dict[str, Any]
) -> dict[str, Any]:
    errors = {name: _errors(outcomes, name) for name in ("rest", "epoch", "memory")}
    return {
        "benchmark": "calibrate",
        "pages": pages.counted(),
        "lines": pages.lines,
        "training": asked,
        "machine": where,
        "jobs": [asdict(each) for each in outcomes],
        "left_out": failed,
        "median_error": {name: median(values) for name, values in errors.items()},
        "median_absolute_error": {name: median(map(abs, values)) for name, values in errors.items()},
    }


if __name__ == "__main__":
    main()
