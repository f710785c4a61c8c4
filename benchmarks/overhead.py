"""How much longer a whole Armarius job takes than plain ``ketos train`` with the same pages and parameters."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from common import (
    Armarius,
    Kraken,
    Pages,
    common_options,
    ketos_train,
    median,
    only_report,
    prepared,
    print_json,
    say,
)

from armarius.client.demo import SPEC
from armarius.client.words import percent, size

GOAL_SHARE, GOAL_SECONDS = 0.05, 10.0
"""The goal: at most so much of ketos' time, and so many seconds, on top."""


@dataclass(frozen=True)
class Training:
    """What both are asked for."""

    spec: str
    batch_size: int
    epochs: int
    lrate: float
    threads: int
    ketos_workers: int
    optimizer: str = "Adam"

    def words(self) -> list[str]:
        """Returns the options that ``ketos train`` and ``armarius train`` have in common."""
        return [
            "--spec", self.spec, "--batch-size", str(self.batch_size), "--quit", "fixed",
            "--epochs", str(self.epochs), "--lrate", str(self.lrate), "--optimizer", self.optimizer,
        ]  # fmt: skip


@dataclass(frozen=True)
class Result:
    """One training.

    Attributes:
        seconds: Wall time of the whole command.
        cer: 1 - validation accuracy of the best epoch, as kraken computes it during the training.
        memory: Peak bytes of all processes together.
    """

    seconds: float
    cer: float
    memory: int

    def __str__(self) -> str:
        return f"{self.seconds:7.1f} s   CER {percent(self.cer):>7}   {size(self.memory):>7}"


@dataclass(frozen=True)
class Parts:
    """Where the seconds of an Armarius job went; they add up to its wall time.

    Attributes:
        before: Until the run begins: the program's start, packing, staging, Parsl's start.
        setup: From the engine's start to the first step: imports, cutting out the lines, building the network.
        training: All epochs, with their validation.
        closing: The rest of the run: checkpoints, the best weights as two model files, their test.
        after: From the run's end to the program's: fetching the models, the report page, Parsl's end.
    """

    before: float
    setup: float
    training: float
    closing: float
    after: float

    @property
    def around(self) -> float:
        """All that is not training."""
        return self.before + self.setup + self.closing + self.after


@dataclass(frozen=True)
class Round:
    """Both, one after the other."""

    ketos: Result
    armarius: Result
    parts: Parts

    @property
    def ratio(self) -> float:
        """Ours over theirs."""
        return self.armarius.seconds / self.ketos.seconds

    @property
    def difference(self) -> float:
        """Ours minus theirs, in seconds."""
        return self.armarius.seconds - self.ketos.seconds

    @property
    def beyond(self) -> float:
        """Seconds beyond the goal; negative within it."""
        return self.difference - GOAL_SHARE * self.ketos.seconds - GOAL_SECONDS


@click.command()
@common_options
@click.option("--epochs", type=click.IntRange(1), default=12, show_default=True)
@click.option("--spec", default=SPEC, show_default=True, help="The network, in VGSL.")
@click.option("--batch-size", type=click.IntRange(1), default=2, show_default=True)
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True)
@click.option(
    "--ketos-workers",
    type=click.IntRange(0),
    default=1,
    show_default=True,
    help="Loader processes of ketos; 1 is its own default. Armarius uses none on a CPU.",
)
def main(
    pages: Path | None,
    threads: int,
    lrate: float,
    kraken: Path,
    epochs: int,
    spec: str,
    batch_size: int,
    rounds: int,
    ketos_workers: int,
) -> None:
    """Train the same with ketos and with armarius, in turns, and compare the wall times."""
    training = Training(spec, batch_size, epochs, lrate, threads, ketos_workers)
    with prepared(kraken, pages) as (engine, where, found, folder):
        done = [_round(number, rounds, engine, found, training, folder) for number in range(rounds)]
    _tell(done)
    print_json(_json(done, found, training, where))


def _round(number: int, rounds: int, kraken: Kraken, pages: Pages, training: Training, folder: Path) -> Round:
    """Runs both; who comes first changes from round to round."""
    seed, place = number + 1, folder / f"round-{number + 1}"

    def theirs() -> Result:
        result = _ketos(kraken, pages, training, seed, place / "ketos")
        say(f"round {number + 1} of {rounds}   ketos     {result}")
        return result

    def ours() -> tuple[Result, Parts]:
        result, parts = _armarius(kraken, pages, training, seed, place / "armarius")
        say(f"round {number + 1} of {rounds}   armarius  {result}")
        return result, parts

    if number % 2:
        own, ketos = ours(), theirs()
    else:
        ketos, own = theirs(), ours()
    return Round(ketos, *own)


def _ketos(kraken: Kraken, pages: Pages, training: Training, seed: int, folder: Path) -> Result:
    """Trains with ``ketos train``."""
    ran = ketos_train(
        kraken,
        pages,
        training.words(),
        threads=training.threads,
        seed=seed,
        folder=folder,
        workers=training.ketos_workers,
    )
    return Result(ran.seconds, 1 - _accuracy(folder / "model"), ran.memory)


def _accuracy(models: Path) -> float:
    """Returns the validation accuracy that ketos writes into the name of its best model."""
    best = list(models.glob("best_*.safetensors"))
    if len(best) != 1:
        raise click.ClickException(f"ketos left {len(best)} best models where one was expected.")
    return float(best[0].stem.removeprefix("best_"))


def _armarius(kraken: Kraken, pages: Pages, training: Training, seed: int, folder: Path) -> tuple[Result, Parts]:
    """Trains with ``armarius train``, with an empty data directory: nothing is staged or compiled yet."""
    options = [*training.words(), "--threads", str(training.threads), "--seed", str(seed)]
    ran, job = Armarius(kraken, folder).train(pages, "model", *options)
    report = only_report(job)
    if report.dataset is None or report.best_epoch is None:
        raise click.ClickException("The report of the training lacks its lines or its best epoch.")
    used = (report.dataset.lines.get("train", 0), report.dataset.lines.get("validation", 0))
    if used != pages.lines:
        say(f"of {pages.lines} lines for training and validation, {used} could be cut out")
    usage = report.usage
    epochs = sum(epoch.seconds for epoch in report.epochs)
    parts = Parts(
        before=report.started - ran.started,
        setup=usage.setup_seconds,
        training=epochs,
        closing=usage.seconds - usage.setup_seconds - epochs,
        after=ran.started + ran.seconds - report.ended,
    )
    return Result(ran.seconds, 1 - report.epochs[report.best_epoch - 1].accuracy, ran.memory), parts


def _tell(rounds: list[Round]) -> None:
    """Prints the comparison for people."""
    click.echo("                ketos  armarius  ratio  difference   CER ketos  armarius   memory ketos  armarius")
    for number, each in enumerate(rounds, start=1):
        click.echo(
            f"round {number:<3}{each.ketos.seconds:10.1f} s{each.armarius.seconds:8.1f} s{each.ratio:7.3f}"
            f"{each.difference:+10.1f} s{percent(each.ketos.cer):>12}{percent(each.armarius.cer):>10}"
            f"{size(each.ketos.memory):>15}{size(each.armarius.memory):>10}"
        )
    beyond = median(each.beyond for each in rounds)
    click.echo(
        f"median ratio {median(each.ratio for each in rounds):.3f}, "
        f"median difference {median(each.difference for each in rounds):+.1f} s; "
        f"goal, at most {GOAL_SHARE:.0%} + {GOAL_SECONDS:.0f} s: "
        + (f"missed by {beyond:.1f} s" if beyond > 0 else f"kept, with {-beyond:.1f} s to spare")
    )
    click.echo("Where the time of armarius goes, medians:")
    for name, what in (
        ("before", "the program, packing, staging, Parsl's start"),
        ("setup", "the engine's imports, cutting out lines, the network"),
        ("training", "epochs with their validation"),
        ("closing", "checkpoints, two model files, their test"),
        ("after", "models, report page, Parsl's end"),
        ("around", "all but the training"),
    ):
        click.echo(f"  {name:<9}{median(getattr(each.parts, name) for each in rounds):8.1f} s   {what}")


def _json(rounds: list[Round], pages: Pages, training: Training, where: dict[str, Any]) -> dict[str, Any]:
    return {
        "benchmark": "overhead",
        "pages": pages.counted(),
        "lines": pages.lines,
        "training": asdict(training),
        "machine": where,
        "rounds": [asdict(each) for each in rounds],
        "median_ratio": median(each.ratio for each in rounds),
        "median_difference": median(each.difference for each in rounds),
        "goal": {"share": GOAL_SHARE, "seconds": GOAL_SECONDS},
        "median_beyond_goal": median(each.beyond for each in rounds),
    }


if __name__ == "__main__":
    main()
