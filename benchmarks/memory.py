"""What each measure spares of the memory that training steps of uneven width take on a processor.

Runs in kraken's environment: ``.envs/kraken/bin/python benchmarks/memory.py``. Each way runs in processes of its own.
"""

import json
import multiprocessing
import os
import random
import statistics
import time
from dataclasses import asdict, dataclass, replace

import click
import torch
from steps import WAYS, Way, batch, stepper

from armarius.functions.child import NOTHING_ASIDE, TUNABLES
from armarius.functions.engine.allocator import forget_primitives, keep_memory
from armarius.functions.engine.device import Processor
from armarius.functions.engine.reader import WIDTHS

NARROWEST = 0.5
"""The width of the narrowest batch over that of the widest."""

KEPT = WAYS[-1]


@dataclass(frozen=True)
class Measure:
    """A way to train, and to keep memory; each of :data:`MEASURES` adds one to the one before."""

    name: str
    way: Way
    tunables: str = ""
    forgets: bool = False


MEASURES = (
    Measure("memory given back", replace(KEPT, kept=False)),
    Measure("memory kept", KEPT),
    Measure("+ nothing kept aside", KEPT, NOTHING_ASIDE),
    Measure("+ primitives forgotten", KEPT, NOTHING_ASIDE, forgets=True),
)


@dataclass(frozen=True)
class Found:
    """What a process found.

    Attributes:
        first: Bytes that its first step took, which is the largest.
        most: Bytes that all steps took.
        seconds: Of all steps but the first, for a line of the mean width.
    """

    first: int
    most: int
    seconds: float


@click.command()
@click.option("--threads", default=1, show_default=True)
@click.option("--width", default=2304, show_default=True, help="Of the widest batch, in pixels.")
@click.option("--batch-size", "size", default=4, show_default=True)
@click.option("--steps", default=30, show_default=True)
@click.option("--seeds", default=3, show_default=True, help="As many orders of widths.")
def main(threads: int, width: int, size: int, steps: int, seeds: int) -> None:
    """Train steps of the default network, the largest first and the others in any order, and look at their memory."""
    found: dict[str, list[Found]] = {measure.name: [] for measure in MEASURES}
    for seed in range(seeds):
        for measure in MEASURES:
            found[measure.name].append(_apart(measure, (measure, threads, width, size, steps, seed)))
    click.echo(f"{'':<26}{'first step':>12}{'all steps':>12}{'at most':>12}{'over first':>12}{'s a line':>10}")
    for name, each in found.items():
        click.echo(f"{name:<26}" + _row(each))
    asked = {"threads": threads, "width": width, "batch_size": size, "steps": steps, "torch": torch.__version__}
    figures = {name: [asdict(one) for one in each] for name, each in found.items()}
    print(json.dumps({"benchmark": "memory", **asked, "found": figures}))


def _row(found: list[Found]) -> str:
    first = statistics.median(each.first for each in found) / 1e9
    most = statistics.median(each.most for each in found) / 1e9
    highest, over = max(each.most for each in found) / 1e9, max(each.most / each.first for each in found)
    seconds = statistics.median(each.seconds for each in found)
    return f"{first:>9.2f} GB{most:>9.2f} GB{highest:>9.2f} GB{over:>12.2f}{seconds:>10.3f}"


def _apart(measure: Measure, arguments: tuple[object, ...]) -> Found:
    """Measures in a new process: glibc reads its tunables when one begins."""
    os.environ[TUNABLES] = measure.tunables
    with multiprocessing.get_context("spawn").Pool(1) as process:
        return process.apply(measured, arguments)


def measured(measure: Measure, threads: int, width: int, size: int, steps: int, seed: int) -> Found:
    """Trains steps, and returns the memory that they took beyond what was there before."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if measure.forgets:
        forget_primitives()
    if measure.way.kept:
        keep_memory()
    step = stepper(measure.way, size)
    processor = Processor()
    before = processor.used()
    chosen = random.Random(seed)
    step(*batch(size, width))
    first = processor.peak() - before
    widths = [WIDTHS * chosen.randint(int(NARROWEST * width) // WIDTHS, width // WIDTHS) for _ in range(steps)]
    begun = time.perf_counter()
    for each in widths:
        step(*batch(size, each))
    seconds = (time.perf_counter() - begun) / steps / size
    return Found(first, processor.peak() - before, seconds)


if __name__ == "__main__":
    main()
