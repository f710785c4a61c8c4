"""Where oneDNN's gradients of convolutions come out of memory that nobody wrote.

Runs in kraken's environment: ``.envs/kraken/bin/python benchmarks/uninitialised.py``.
"""

import json
from contextlib import nullcontext
from itertools import product

import click
import torch

from armarius.functions.engine.allocator import keep_memory

LAYERS = {"second": (32, 32, 60, (3, 13)), "third": (32, 64, 30, (3, 9)), "fourth": (64, 64, 30, (3, 9))}
"""Convolutions of kraken's default network: channels in and out, height, kernel."""
BLOCKS = tuple(2**power for power in range(6, 23) for _ in range(4))
"""Sizes of what is left behind in memory, in floats."""
BITS = {16: lambda: torch.autocast("cpu", torch.bfloat16), 32: nullcontext}


@click.command()
@click.option("--threads", type=int, multiple=True, default=(2,), show_default=True)
@click.option("--batch-size", "sizes", type=int, multiple=True, default=(1,), show_default=True)
@click.option("--widths", type=(int, int), default=(80, 92), show_default=True, help="Of layers, from and to.")
def main(threads: tuple[int, ...], sizes: tuple[int, ...], widths: tuple[int, int]) -> None:
    """Leave "not a number" behind in memory, and look for it in gradients of the default network's convolutions."""
    keep_memory()
    found: dict[str, list[int]] = {}
    for count, bits, size, (name, layer) in product(threads, BITS, sizes, LAYERS.items()):
        torch.set_num_threads(count)
        where = f"{count} threads, {bits} bits, batch of {size}, {name} convolution"
        found[where] = [width for width in range(*widths) if not _sound(layer, size, width, bits)]
        click.echo(f"{where}: {', '.join(map(str, found[where])) or 'none'}")
    click.echo(json.dumps({"benchmark": "uninitialised", "torch": torch.__version__, "widths": widths, "found": found}))


def _sound(layer: tuple[int, int, int, tuple[int, int]], lines: int, width: int, bits: int) -> bool:
    """Tells whether all gradients are numbers, as all that they are computed from is."""
    inward, outward, height, kernel = layer
    padding = (kernel[0] // 2, kernel[1] // 2)
    convolution = torch.nn.Conv2d(inward, outward, kernel, padding=padding).to(memory_format=torch.channels_last)
    image = torch.randn(lines, inward, height, width).to(memory_format=torch.channels_last).requires_grad_()
    with BITS[bits]():
        made = convolution(image)
    wanted = torch.randn_like(made)
    _leave_behind()
    made.backward(wanted)
    return all(bool(given.grad.isfinite().all()) for given in (*convolution.parameters(), image))


def _leave_behind() -> None:
    """Fills memory with what is not a number, and gives it back."""
    blocks = [torch.full((size,), float("nan")) for size in BLOCKS]
    del blocks


if __name__ == "__main__":
    main()
