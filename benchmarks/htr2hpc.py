"""What htr2hpc's formulas and ours ask a cluster for, use and throw away, on the same measured training."""

import math
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
from common import Armarius, common_options, only_report, prepared, print_json

from armarius.client.config.durations import seconds_of
from armarius.client.demo import SPEC
from armarius.client.jobs.plan import first_plan, plan_rest
from armarius.client.jobs.priors import Prior, prior_of
from armarius.functions.contracts import RecognitionParameters, Shape, TrainReport

GB = 10**9
GIB = 2**30
EPOCHS = 50
"""What htr2hpc reckons with, whatever the training needs."""
CALIBRATION = 60.0
"""Seconds that our calibration measures by default."""
CPUS = 8
"""What htr2hpc asks for by default; our site offers as many in each shape."""
SHAPES = tuple(Shape(name=f"cpu{CPUS}-{size}g", cpus=CPUS, memory=size * GIB) for size in (4, 8, 16, 32))
LADDER = tuple(map(seconds_of, ("15m", "20m", "30m", "45m", "1h", "90m", "2h", "3h", "4h", "6h", "8h", "11h")))
"""That of the profile for a plain Slurm cluster."""
BATCH = 2
STRETCHES = (1.0, 10.0, 60.0, 400.0)
_NOTE = """Asked and used are those of all jobs together; memory is weighed by the seconds for which it is held.
Thrown away are seconds of computing whose result nobody uses, and of a second set-up. A factor stretches the measured
epochs and images, as more pages would; x1 is as measured, the others are arithmetic on it. What a GPU would change is
not told."""


@dataclass(frozen=True)
class Training:
    """A measured training, or one like it with longer epochs.

    Attributes:
        setup: Seconds to the first step.
        epoch: Mean seconds of an epoch.
        accuracies: Of the epochs, in order.
        memory: Peak bytes.
        images: Bytes of the page images.
        report: With what our calibration foretold.
        factor: By how much the measured epochs were stretched.
    """

    setup: float
    epoch: float
    accuracies: tuple[float, ...]
    memory: int
    images: int
    report: TrainReport
    factor: float = 1.0

    @property
    def epochs(self) -> int:
        """How many the training takes."""
        return len(self.accuracies)

    def stretched(self, factor: float) -> "Training":
        """Returns one with so many times as many pages, whose epochs take so many times as long."""
        epoch, images = self.epoch * factor, int(self.images * factor)
        return Training(self.setup, epoch, self.accuracies, self.memory, images, self.report, factor)


@dataclass(frozen=True)
class SlurmJob:
    """One job.

    Attributes:
        asked: Seconds of walltime.
        used: Seconds until it ended.
        memory: Bytes asked for.
    """

    asked: float
    used: float
    memory: float


@dataclass(frozen=True)
class Bill:
    """All jobs of a training.

    Attributes:
        jobs: In order.
        wasted: Seconds of computing whose result is not used.
        enough: Whether the training came to its end.
    """

    jobs: tuple[SlurmJob, ...]
    wasted: float
    enough: bool

    def figures(self, memory: int) -> dict[str, Any]:
        """Returns what is compared."""
        used = sum(job.used for job in self.jobs)
        return {
            "jobs": [asdict(job) for job in self.jobs],
            "asked_over_used_seconds": sum(job.asked for job in self.jobs) / used,
            "asked_over_used_memory": sum(job.memory * job.used for job in self.jobs) / (memory * used),
            "wasted_seconds": self.wasted,
            "wasted_share": self.wasted / used,
            "used_seconds": used,
            "enough": self.enough,
        }


# htr2hpc (Princeton-CDH/htr2hpc at c2d0a2e, src/htr2hpc/train: calculate.py, slurm.py, run.py) --------------


def theirs(training: Training) -> Bill:
    """Reckons with htr2hpc's published formulas, those of recognition.

    A preliminary job gets 5 minutes, or 15 from 50 MB of images on, and 1 or 2 GB per CPU. It trains until it is
    ended; if it came to the end of the training, that was all. Of it, the weights of the best epoch are kept. A second
    job gets the set-up's seconds plus 1.1 times the mean epoch for the epochs that are left of 50 (for 15 where less
    than 11 are left), rounded up to minutes, and per CPU what the first one used plus 0.3 GB, rounded up.
    """
    large = training.images >= 50_000_000
    asked, memory = (15 if large else 5) * 60.0, (2 if large else 1) * GB * CPUS
    whole = training.setup + training.epochs * training.epoch
    if whole <= asked:
        return Bill((SlurmJob(asked, whole, memory),), 0.0, enough=True)
    done = max(0, int((asked - training.setup) // training.epoch))
    first = SlurmJob(asked, asked, memory)
    if done == 0 and asked <= 14 * 60:
        return Bill((first,), asked, enough=False)  # nothing to reckon with: no second job is asked for
    best = _best(training, done)
    left = max(1, training.epochs - best)
    minutes = _second_minutes(training, asked, done)
    used = min(training.setup + left * training.epoch, 60.0 * minutes)
    per_cpu = math.ceil(training.memory / CPUS / GB + 0.3)
    second = SlurmJob(60.0 * minutes, used, per_cpu * GB * CPUS)
    wasted = asked - best * training.epoch  # one of the two set-ups was needed
    return Bill((first, second), wasted, enough=training.setup + left * training.epoch <= 60.0 * minutes)


def _second_minutes(training: Training, first: float, done: int) -> int:
    if done == 0:  # they take it that an epoch takes 15 minutes, and the set-up as well
        return math.ceil(15 * 51 * 1.1)
    setup = first - training.epoch * done
    left = EPOCHS - done
    return math.ceil((setup + training.epoch * (15 if left < 11 else left) * 1.1) / 60)


def _best(training: Training, done: int) -> int:
    """Returns the number of the best of the first epochs; those after it are computed again."""
    return max(range(1, done + 1), key=lambda number: training.accuracies[number - 1], default=0)


# Ours ------------------------------------------------


def ours(training: Training, prior: Prior) -> Bill:
    """Plans as ``armarius.client.jobs.plan`` does, with what the calibration of this training foretold.

    Args:
        training: What was measured.
        prior: What is known of such a training beforehand.
    """
    measured = training.report.calibration
    assert measured is not None
    first = first_plan(SHAPES, LADDER, CALIBRATION, prior)
    asked = first.walltime or math.inf
    # What was foretold is as wrong as it was, for longer epochs too; the calibration itself takes at least a minute.
    error = measured.seconds_left[1] / max(1e-9, _rest_of(training, measured.seconds))
    calibrated = max(CALIBRATION, measured.seconds)
    rest = max(0.0, training.epochs * training.epoch - calibrated)
    foretold = rest * error
    whole = training.setup + calibrated + rest
    if foretold <= asked - 60 - training.setup - calibrated:
        return Bill((SlurmJob(asked, whole, first.shape.memory),), 0.0, enough=whole <= asked)
    plan = plan_rest(SHAPES, LADDER, measured.model_copy(update={"seconds_left": (foretold, foretold)}))
    checkpoint = measured.cost.checkpoint_seconds
    jobs = [SlurmJob(asked, training.setup + calibrated + checkpoint, first.shape.memory)]
    wasted, left, walltime = checkpoint, rest, plan.walltime or math.inf
    while left > 0:  # a run that outlasts its walltime pauses and goes on
        room = walltime - training.setup - 60
        jobs.append(SlurmJob(walltime, training.setup + min(left, room), plan.shape.memory))
        wasted += training.setup
        left -= room
    return Bill(tuple(jobs), wasted, enough=True)


def _rest_of(training: Training, calibrated: float) -> float:
    """Returns the seconds that the measured training had left after its calibration."""
    return training.epochs * training.epoch / training.factor - calibrated


# -----------------------------------------------------------------------------------------------------------------


@click.command()
@common_options
@click.option("--spec", default=SPEC, show_default=True, help="The network, in VGSL.")
@click.option("--epochs", type=click.IntRange(2), default=EPOCHS, show_default=True, help="As many, and no fewer.")
@click.option("--calibration", type=click.FloatRange(1), default=10.0, show_default=True, help="Seconds to measure.")
def main(
    pages: Path | None, threads: int, lrate: float, kraken: Path, spec: str, epochs: int, calibration: float
) -> None:
    """Train once, and reckon what either would have asked for, used and thrown away."""
    with prepared(kraken, pages) as (engine, where, found, folder):
        armarius = Armarius(engine, folder / "home")
        options = [
            "--spec", spec, "--batch-size", str(BATCH), "--quit", "fixed", "--epochs", str(epochs),
            "--lrate", str(lrate), "--threads", str(threads), "--calibration", str(calibration),
        ]  # fmt: skip
        _, job = armarius.train(found, "model", *options)
        training = _measured(only_report(armarius.show(job["id"])), _image_bytes(found.train + found.validation))
    rows = [(factor, training.stretched(factor)) for factor in STRETCHES]
    prior = prior_of(RecognitionParameters(spec=spec, batch_size=BATCH))
    bills = [(factor, each, theirs(each), ours(each, prior)) for factor, each in rows]
    _tell(training, bills)
    print_json(
        {
            "benchmark": "htr2hpc",
            "pages": {"what": found.what, "train": len(found.train), "images": training.images},
            "measured": {
                "setup_seconds": training.setup,
                "epoch_seconds": training.epoch,
                "epochs": training.epochs,
                "memory": training.memory,
            },
            "machine": where,
            "rows": [
                {
                    "factor": factor,
                    "epoch_seconds": each.epoch,
                    "htr2hpc": his.figures(each.memory),
                    "armarius": mine.figures(each.memory),
                }
                for factor, each, his, mine in bills
            ],
        }
    )


def _measured(report: TrainReport, images: int) -> Training:
    """Takes from a report what both formulas need.

    Raises:
        ClickException: Its calibration did not come to an end.
    """
    if report.calibration is None or report.usage.memory is None:
        raise click.ClickException("The training was over before it was measured: ask for more epochs.")
    return Training(
        setup=report.usage.setup_seconds,
        epoch=sum(epoch.seconds for epoch in report.epochs) / len(report.epochs),
        accuracies=tuple(epoch.accuracy for epoch in report.epochs),
        memory=report.usage.memory,
        images=images,
        report=report,
    )


def _image_bytes(transcriptions: tuple[Path, ...]) -> int:
    """Returns the bytes of what lies beside the transcriptions and is no transcription, as htr2hpc counts them."""
    folders = {file.parent for file in transcriptions}
    wanted = {file.stem for file in transcriptions}
    files = (file for folder in folders for file in folder.iterdir())
    return sum(
        file.stat().st_size for file in files if re.sub(r"\..*$", "", file.name) in wanted and file.suffix != ".xml"
    )


def _tell(training: Training, bills: list[tuple[float, Training, Bill, Bill]]) -> None:
    """Prints the table for people."""
    click.echo(
        f"measured: set-up {training.setup:.1f} s, {training.epochs} epochs of {training.epoch:.2f} s, "
        f"peak {training.memory / GB:.1f} GB, images {training.images / 1e6:.1f} MB"
    )
    click.echo(f"{'':<22}{'':<10}{'jobs':>5}{'wall asked/used':>17}{'memory asked/used':>19}{'thrown away':>20}{'':>4}")
    for factor, each, his, mine in bills:
        for name, bill in (("htr2hpc", his), ("armarius", mine)):
            figures = bill.figures(each.memory)
            label = f"x{factor:g}: epoch {each.epoch:.1f} s" if name == "htr2hpc" else ""
            wasted = f"{bill.wasted:.0f} s ({figures['wasted_share']:.1%})"
            end = "" if bill.enough else "  not finished"
            click.echo(
                f"{label:<22}{name:<10}{len(bill.jobs):>5}{figures['asked_over_used_seconds']:>17.2f}"
                f"{figures['asked_over_used_memory']:>19.1f}{wasted:>20}{end}"
            )
    click.echo(_NOTE)


if __name__ == "__main__":
    main()
