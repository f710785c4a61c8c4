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

    @property
    def learnt(self) -> tuple[Reached, ...]:
        """The epochs after the worst of the first half, and that one.

        A base model of other writing is first unlearnt: what it read before that says nothing of how fast is learnt.
        """
        early = self.epochs[: (len(self.epochs) + 1) // 2]
        return self.epochs[early.index(max(early, key=lambda epoch: epoch.cer)) :]

    @property
    def best_learnt(self) -> float:
        """The lowest CER that was learnt."""
        return min(epoch.cer for epoch in self.learnt)

    def seconds_to(self, cer: float) -> float:
        """Returns when a CER was first reached by learning, which is not below the best learnt."""
        return min(epoch.at for epoch in self.learnt if epoch.cer <= cer)

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


BATCH = ("--batch-size", "8")
CONTENDERS = (
    Contender("ketos", True),
    Contender("armarius", False),
    Contender("ketos, batch 8", True, BATCH),
    Contender("armarius, batch 8", False, BATCH),
)
PAIRS = (("ketos", "armarius", 1.7), ("ketos, batch 8", "armarius, batch 8", 2.2))
"""Who is compared with whom, and how many times as fast the whole training shall be."""


@click.command()
@common_options
@click.option(
    "--validation", type=click.Path(exists=True, file_okay=False, path_type=Path), help="Pages that validate."
)
@click.option("--epochs", type=click.IntRange(2), default=12, show_default=True)
@click.option("--spec", default=KETOS_SPEC, show_default="ketos' default", help="The network, in VGSL.")
@click.option("--load", type=click.Path(exists=True, path_type=Path), help="A model to start from, for both.")
@click.option("--rounds", type=click.IntRange(1), default=3, show_default=True, help="Each has a seed of its own.")
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
) -> None:
    """Train the same with ketos and with armarius, in turns, and compare speed, memory and error rates."""
    start = ("--load", str(load.absolute()), "--resize", "union") if load else ("--spec", spec)
    words = (*start, "--quit", "fixed", "--epochs", str(epochs), "--lrate", str(lrate))
    with prepared(kraken, pages, validation) as (engine, where, found, folder):
        done: dict[str, list[Result]] = {each.name: [] for each in CONTENDERS}
        for number in range(rounds):
            turn = number % len(CONTENDERS)
            for each in CONTENDERS[turn:] + CONTENDERS[:turn]:  # who comes first changes from round to round
                place = folder / f"round-{number + 1}" / each.name.replace(", ", "-").replace(" ", "-")
                told = [*words, *each.words]
                result = _train(each, engine, found, told, threads, number + 1, place)
                say(f"round {number + 1} of {rounds}   {each.name:<18}{result}")
                done[each.name].append(result)
    summary = {name: _summary(results, found.lines[0]) for name, results in done.items()}
    compared = [_compare(done, *pair) for pair in PAIRS]
    _tell(summary, compared)
    print_json(
        {
            "benchmark": "train",
            "pages": found.counted(),
            "lines": found.lines,
            "words": words,
            "threads": threads,
            "machine": where,
            "rounds": {name: [asdict(each) for each in results] for name, results in done.items()},
            "summary": summary,
            "compared": compared,
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


def _summary(results: list[Result], lines: int) -> dict[str, Any]:
    return {
        "seconds": median(each.seconds for each in results),
        "lines_per_second": median(each.lines_per_second(lines) for each in results),
        "memory": max(each.memory for each in results),
        "best_cer": [each.best for each in results],
    }


def _compare(done: dict[str, list[Result]], theirs: str, ours: str, goal: float) -> dict[str, Any]:
    """Compares two contenders, seed by seed; the seconds to a CER, to the worst that both came to with this seed."""
    pairs = list(zip(done[theirs], done[ours], strict=True))
    to_cer = [_to_same_cer(their, own) for their, own in pairs]
    return {
        "theirs": theirs,
        "ours": ours,
        "faster_by": median(their.seconds / own.seconds for their, own in pairs),
        "goal": goal,
        "to_the_same_cer": median(to_cer),
        "each_to_the_same_cer": to_cer,
        "goal_to_the_same_cer": GOAL_TO_CER,
    }


def _to_same_cer(theirs: Result, ours: Result) -> float:
    """Returns our seconds over theirs to the best CER that both learnt."""
    cer = max(theirs.best_learnt, ours.best_learnt)
    return ours.seconds_to(cer) / theirs.seconds_to(cer)


def _tell(summary: dict[str, dict[str, Any]], compared: list[dict[str, Any]]) -> None:
    """Prints the comparison for people."""
    click.echo(f"{'':<18}  wall time   lines/s    memory   best CERs")
    for name, row in summary.items():
        click.echo(
            f"{name:<18}{row['seconds']:9.1f} s{row['lines_per_second']:10.2f}{size(row['memory']):>10}"
            f"   {', '.join(map(percent, row['best_cer']))}"
        )
    for pair in compared:
        click.echo(
            f"{pair['ours']}: {pair['faster_by']:.2f} x as fast as {pair['theirs']} (goal: {pair['goal']} x), "
            f"{pair['to_the_same_cer']:.2f} of its seconds to the same CER (goal: {GOAL_TO_CER})"
        )


if __name__ == "__main__":
    main()
