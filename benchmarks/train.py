"""How fast and how well Armarius trains beside ``ketos train``, on the same pages, epochs and threads."""

import re
import threading
from collections.abc import Sequence
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
from processes import Ran

from armarius.client.words import percent, size
from armarius.functions.contracts import KETOS_SPEC

GOALS = {"ketos": 1.7, "ketos, batch 8": 2.2}
"""How many times as fast as each the whole training shall be."""
GOAL_TO_CER = 0.6
"""At most so much of ketos' seconds to the same CER."""
LOOK_SECONDS = 0.2
_CHECKPOINT = re.compile(r"checkpoint_(\d+)-(-?[\d.]+)\.ckpt\Z")


@dataclass(frozen=True)
class Reached:
    """One epoch's end.

    Attributes:
        at: Seconds since the command began.
        cer: On the validation lines, as kraken computes it.
    """

    at: float
    cer: float


@dataclass(frozen=True)
class Result:
    """One training.

    Attributes:
        seconds: Wall time of the whole command.
        epochs: The end of each, in order.
        memory: Peak bytes of all its processes together.
    """

    seconds: float
    epochs: tuple[Reached, ...]
    memory: int

    @property
    def best(self) -> float:
        """The lowest CER."""
        return min(epoch.cer for epoch in self.epochs)

    def seconds_to(self, cer: float) -> float | None:
        """Returns when a CER was first reached, or None if it never was."""
        return next((epoch.at for epoch in self.epochs if epoch.cer <= cer), None)

    def lines_per_second(self, lines: int) -> float:
        """Returns the speed from the end of the first epoch to that of the last, validation included."""
        first, last = self.epochs[0].at, self.epochs[-1].at
        return lines * (len(self.epochs) - 1) / (last - first)

    def __str__(self) -> str:
        return f"{self.seconds:7.1f} s   best CER {percent(self.best):>7}   {size(self.memory):>7}"


@dataclass(frozen=True)
class Contender:
    """Who trains, and what is said besides what all are told."""

    name: str
    ketos: bool
    words: tuple[str, ...] = ()


CONTENDERS = (
    Contender("ketos", True),
    Contender("ketos, batch 8", True, ("--batch-size", "8")),
    Contender("armarius", False),
)


@click.command()
@common_options
@click.option(
    "--validation", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Pages that validate."
)
@click.option("--epochs", type=click.IntRange(2), default=12, show_default=True)
@click.option("--spec", default=KETOS_SPEC, show_default="ketos' default", help="The network, in VGSL.")
@click.option("--load", type=click.Path(exists=True, path_type=Path), help="A model to start from, for both.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Each has a seed of its own.")
@click.option("--ours", multiple=True, help='Further words for armarius, such as --ours "--batch-size 4".')
def main(
    pages: Path | None,
    threads: int,
    lrate: float,
    kraken: Path,
    validation: Path | None,
    epochs: int,
    spec: str,
    load: Path | None,
    rounds: int,
    ours: tuple[str, ...],
) -> None:
    """Train the same with ketos and with armarius, in turns, and compare speed, memory and error rates."""
    start = ("--load", str(load.absolute()), "--resize", "union") if load else ("--spec", spec)
    words = (*start, "--quit", "fixed", "--epochs", str(epochs), "--lrate", str(lrate))
    contenders = [
        each if each.ketos else Contender(each.name, False, tuple(" ".join(ours).split())) for each in CONTENDERS
    ]
    with prepared(kraken, pages, validation) as (engine, where, found, folder):
        done: dict[str, list[Result]] = {each.name: [] for each in contenders}
        for number in range(rounds):
            turn = number % len(contenders)
            for each in contenders[turn:] + contenders[:turn]:  # who comes first changes from round to round
                place = folder / f"round-{number + 1}" / each.name.replace(", ", "-").replace(" ", "-")
                told = [*words, *each.words]
                result = _train(each, engine, found, told, threads, number + 1, place)
                say(f"round {number + 1} of {rounds}   {each.name:<16}{result}")
                done[each.name].append(result)
    summary = _summary(done, found.lines[0])
    _tell(summary)
    print_json(
        {
            "benchmark": "train",
            "pages": found.counted(),
            "lines": found.lines,
            "words": words,
            "ours": ours,
            "threads": threads,
            "machine": where,
            "rounds": {name: [asdict(each) for each in results] for name, results in done.items()},
            "summary": summary,
            "goals": {"faster": GOALS, "seconds to the same CER": GOAL_TO_CER},
        }
    )


def _train(
    who: Contender, kraken: Kraken, pages: Pages, words: Sequence[str], threads: int, seed: int, folder: Path
) -> Result:
    if who.ketos:
        return _ketos(kraken, pages, words, threads, seed, folder)
    ran, job = Armarius(kraken, folder).train(pages, "model", *words, "--threads", str(threads), "--seed", str(seed))
    report = only_report(job)
    at = report.started - ran.started + report.usage.setup_seconds
    reached = []
    for epoch in report.epochs:
        at += epoch.seconds
        reached.append(Reached(at, 1 - epoch.accuracy))
    return Result(ran.seconds, tuple(reached), ran.memory)


def _ketos(kraken: Kraken, pages: Pages, words: Sequence[str], threads: int, seed: int, folder: Path) -> Result:
    """Trains with ``ketos train``; the end of an epoch is when its checkpoint appears."""
    with _Watching(folder / "model") as watching:
        ran: Ran = ketos_train(kraken, pages, words, threads=threads, seed=seed, folder=folder)
    return Result(ran.seconds, watching.reached(ran.started), ran.memory)


class _Watching:
    """Notes when each checkpoint of ketos appears: it keeps only the best ten."""

    def __init__(self, models: Path) -> None:
        self._models = models
        self._seen: dict[int, tuple[float, float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> "_Watching":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._look()

    def _watch(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        for path in self._models.glob("checkpoint_*.ckpt"):
            found = _CHECKPOINT.search(path.name)
            if found and int(found[1]) not in self._seen:
                try:
                    self._seen[int(found[1])] = (path.stat().st_mtime, 1 - float(found[2]))
                except FileNotFoundError:  # no longer one of the best ten
                    continue

    def reached(self, started: float) -> tuple[Reached, ...]:
        """Returns the end of each epoch that was seen."""
        return tuple(Reached(at - started, cer) for _, (at, cer) in sorted(self._seen.items()))


def _summary(done: dict[str, list[Result]], lines: int) -> dict[str, dict[str, Any]]:
    """Compares; the CER to reach is the worst of the best that plain ketos came to, so that it always got there."""
    target = max(result.best for result in done["ketos"])
    ours = done["armarius"]
    return {
        name: {
            "seconds": median(each.seconds for each in results),
            "lines_per_second": median(each.lines_per_second(lines) for each in results),
            "memory": max(each.memory for each in results),
            "best_cer": [each.best for each in results],
            "target_cer": target,
            "seconds_to_target": [each.seconds_to(target) for each in results],
            "armarius_is_faster_by": median(
                theirs.seconds / own.seconds for theirs, own in zip(results, ours, strict=True)
            ),
        }
        for name, results in done.items()
    }


def _tell(summary: dict[str, dict[str, Any]]) -> None:
    """Prints the comparison for people."""
    target = percent(summary["ketos"]["target_cer"])
    click.echo(f"{'':<16}  wall time   lines/s    memory   seconds to CER {target}   best CERs")
    for name, row in summary.items():
        to_target = ", ".join("never" if each is None else f"{each:.0f}" for each in row["seconds_to_target"])
        click.echo(
            f"{name:<16}{row['seconds']:9.1f} s{row['lines_per_second']:10.2f}{size(row['memory']):>10}"
            f"   {to_target:<22}   {', '.join(map(percent, row['best_cer']))}"
        )
    for name, goal in GOALS.items():
        click.echo(f"{summary[name]['armarius_is_faster_by']:.2f} x as fast as {name} (goal: {goal} x)")


if __name__ == "__main__":
    main()
