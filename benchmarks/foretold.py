"""What the calibration of a training foretold, beside what the training then took."""

import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from common import (
    Armarius,
    Pages,
    common_options,
    find_kraken,
    find_pages,
    machine,
    median,
    only_report,
    print_json,
    say,
    warm,
)
from processes import scratch

from armarius.client.demo import SPEC
from armarius.client.words import size
from armarius.functions.contracts import TrainReport

JOBS = ("1,48,12", "2,48,12", "4,48,16", "2,64,12")
_HEIGHT = re.compile(r"^\[1,\d+,")
_NOTE = """Error: foretold over actual, minus 1.
The rest is foretold as a range, from the earliest end by early stopping to the last epoch. These trainings have a fixed
number of epochs (--quit fixed): the range collapses to one figure, and what early stopping may do is not tested here.
Memory is foretold as a bound with headroom: it should lie above the actual peak, and not below."""


@dataclass(frozen=True)
class Wish:
    """A training to foretell.

    Attributes:
        batch_size: Lines per step.
        height: Pixels to which a line is scaled.
        epochs: As many, and no fewer.
    """

    batch_size: int
    height: int
    epochs: int

    def __str__(self) -> str:
        return f"batch {self.batch_size}, height {self.height}, {self.epochs} epochs"


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
        memory: Peak bytes of the engine.
    """

    wish: Wish
    calibration: float
    rest: Pair
    epoch: Pair
    memory: Pair


def _wishes(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> tuple[Wish, ...]:
    """Reads the likes of "2,48,12"."""
    return tuple(map(_wish, values))


def _wish(value: str) -> Wish:
    match = re.fullmatch(r"([1-9]\d{0,3}),([1-9]\d{0,3}),([1-9]\d{0,3})", value)
    if match is None:
        raise click.BadParameter(f"{value!r} is not lines per step, line height and epochs, such as 2,48,12.")
    batch_size, height, epochs = map(int, match.groups())
    return Wish(batch_size, height, epochs)


@click.command()
@common_options
@click.option(
    "--job",
    "jobs",
    metavar="BATCH,HEIGHT,EPOCHS",
    callback=_wishes,
    multiple=True,
    default=JOBS,
    show_default=True,
    help="A training; may be repeated.",
)
@click.option("--spec", default=SPEC, show_default=True, help="The network, in VGSL; each job sets its own height.")
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
    engine = find_kraken(kraken)
    if not _HEIGHT.match(spec):
        raise click.BadParameter("a network that begins like [1,48,0,1 is needed: its height is set by each job.")
    where = machine(engine)
    outcomes, failed = [], []
    with scratch() as folder:
        found = find_pages(pages, folder)
        say(str(found))
        warm(engine, folder / "warm")
        for number, wish in enumerate(jobs, start=1):
            say(f"job {number} of {len(jobs)}: {wish}")
            options = _options(wish, spec, lrate, threads, calibration)
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


def _options(wish: Wish, spec: str, lrate: float, threads: int, calibration: float) -> list[str]:
    return [
        "--spec", _HEIGHT.sub(f"[1,{wish.height},", spec), "--batch-size", str(wish.batch_size),
        "--quit", "fixed", "--epochs", str(wish.epochs), "--lrate", str(lrate),
        "--threads", str(threads), "--calibration", str(calibration),
    ]  # fmt: skip


def _job(armarius: Armarius, pages: Pages, wish: Wish, options: list[str]) -> Outcome:
    _, job = armarius.train(pages, "model", *options)
    return _outcome(wish, only_report(armarius.show(job["id"])))


def _outcome(wish: Wish, report: TrainReport) -> Outcome:
    """Compares; as the report page of a job does it.

    Raises:
        ClickException: The calibration was not over before the training was.
    """
    foretold, usage = report.calibration, report.usage
    trained = sum(epoch.seconds for epoch in report.epochs)
    if foretold is None or foretold.seconds >= trained or usage.memory is None:
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
        memory=Pair(cost.memory, usage.memory),
    )


def _tell(outcomes: list[Outcome]) -> None:
    """Prints the table for people."""
    columns = ("rest of the run", "one epoch", "peak memory")
    click.echo(f"{'':<34}{'measured':>9}" + "".join(f"{column:>33}" for column in columns))
    click.echo(f"{'job':<34}{'':>9}" + f"{'foretold':>13}{'actual':>10}{'error':>10}" * len(columns))
    for each in outcomes:
        figures = _row(each.rest, "{:.1f} s".format) + _row(each.epoch, "{:.2f} s".format) + _row(each.memory, size)
        click.echo(f"{each.wish!s:<34}{each.calibration:7.1f} s{figures}")
    for name, what in (("rest", "rest of the run"), ("epoch", "one epoch"), ("memory", "peak memory")):
        pairs: list[Pair] = [getattr(each, name) for each in outcomes]
        click.echo(
            f"{what}: median error {median(pair.error for pair in pairs):+.1%}, "
            f"median size of the error {median(abs(pair.error) for pair in pairs):.1%}"
        )
    click.echo(_NOTE)


def _row(pair: Pair, written: Callable[[float], str]) -> str:
    return f"{written(pair.foretold):>13}{written(pair.actual):>10}{pair.error:>+10.1%}"


def _json(
    outcomes: list[Outcome], failed: list[str], pages: Pages, asked: dict[str, Any], where: dict[str, Any]
) -> dict[str, Any]:
    errors = {name: [getattr(each, name).error for each in outcomes] for name in ("rest", "epoch", "memory")}
    return {
        "benchmark": "foretold",
        "pages": {"what": pages.what, "train": len(pages.train), "validation": len(pages.validation)},
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
