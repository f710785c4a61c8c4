"""What each measure saves in a training step of recognition on a processor, beside plain kraken.

Runs in kraken's environment: ``.envs/kraken/bin/python benchmarks/steps.py``. Each way runs in a process of its own.
"""

import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import click
import torch
from kraken.models import create_model

from armarius.functions.contracts import KETOS_SPEC
from armarius.functions.engine.allocator import keep_memory
from armarius.functions.engine.recurrent import at_once
from armarius.functions.engine.settling import in_one_pass

LETTERS, TEXT = 60, 40
"""Labels of the network, and characters of a line."""

UNLIKE = 0.93
"""The width of the other lines of a batch over that of the widest."""


@dataclass(frozen=True)
class Way:
    """A way to train; each of :data:`WAYS` adds one measure to the one before."""

    name: str
    kept: bool = False
    channels_last: bool = False
    at_once: bool = False
    half: bool = False
    one_pass: bool = False


WAYS = (
    Way("as ketos does"),
    Way("+ memory kept", kept=True),
    Way("+ channels last", kept=True, channels_last=True),
    Way("+ all lines at once", kept=True, channels_last=True, at_once=True),
    Way("+ bf16", kept=True, channels_last=True, at_once=True, half=True),
    Way("+ weights in one pass", kept=True, channels_last=True, at_once=True, half=True, one_pass=True),
)


@click.command()
@click.option("--threads", default=torch.get_num_threads(), show_default="all")
@click.option("--width", default=2000, show_default=True, help="Of the widest line, in pixels.")
@click.option("--batch-size", "sizes", type=int, multiple=True, default=(1, 2, 4, 8), show_default=True)
@click.option("--steps", default=5, show_default=True, help="Timed, after one that is not.")
@click.option("--rounds", default=2, show_default=True)
def main(threads: int, width: int, sizes: tuple[int, ...], steps: int, rounds: int) -> None:
    """Time training steps of the default network, with one measure more each time."""
    fresh = multiprocessing.get_context("spawn")
    found: dict[str, dict[int, list[float]]] = {way.name: {size: [] for size in sizes} for way in WAYS}
    for number in range(rounds):
        for way in WAYS if number % 2 == 0 else reversed(WAYS):
            with fresh.Pool(1) as process:
                times = process.apply(time_steps, (way, threads, width, sizes, steps))
            for size, seconds in times.items():
                found[way.name][size].append(seconds)
    click.echo(f"{'seconds per line, batch size':<30}" + "".join(f"{size:>8}" for size in sizes))
    for name, by_size in found.items():
        click.echo(f"{name:<30}" + "".join(f"{statistics.median(by_size[size]):8.3f}" for size in sizes))
    print(json.dumps({"benchmark": "steps", "threads": threads, "width": width, "torch": torch.__version__,
                      "ways": [asdict(way) for way in WAYS], "seconds_per_line": found}))  # fmt: skip


def time_steps(way: Way, threads: int, width: int, sizes: tuple[int, ...], steps: int) -> dict[int, float]:
    """Returns the median seconds per line of a step, by batch size."""
    torch.set_num_threads(threads)
    torch.set_flush_denormal(True)
    if way.kept:
        keep_memory()
    return {size: _median(partial(stepper(way, size), *batch(size, width)), steps) / size for size in sizes}


def _median(step: Callable[[], None], steps: int) -> float:
    step()
    times = []
    for _ in range(steps):
        begun = time.perf_counter()
        step()
        times.append(time.perf_counter() - begun)
    return statistics.median(times)


def batch(size: int, width: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Returns lines, and the width of each: the first is the widest."""
    widths = torch.full((size,), width)
    widths[1:] = int(UNLIKE * width)
    return torch.rand(size, 1, 120, width), widths


def stepper(way: Way, size: int) -> Callable[[torch.Tensor, torch.Tensor], None]:
    """Returns a function that trains one step with a batch of so many lines."""
    torch.manual_seed(0)
    net: Any = create_model("TorchVGSLModel", model_type=["recognition"], vgsl=f"[{KETOS_SPEC[1:-1]} O1c{LETTERS}]")
    net.init_weights()
    net.train()
    if way.channels_last:
        net.to(memory_format=torch.channels_last)
    if way.at_once:
        at_once(net)
    optimizer = torch.optim.AdamW(net.parameters(), 1e-3)
    if way.one_pass:
        in_one_pass([optimizer])
    texts, lengths = torch.randint(1, LETTERS, (size * TEXT,)), torch.full((size,), TEXT)

    def step(lines: torch.Tensor, widths: torch.Tensor) -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=way.half):
            output, ends = net(lines, widths)
            output = output.float().log_softmax(1).squeeze(2)
            loss = net.criterion(output.permute(2, 0, 1), texts, ends, lengths)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()

    return step


if __name__ == "__main__":
    main()
