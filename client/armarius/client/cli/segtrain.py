"""``armarius segtrain``."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from armarius.client.cli.training import PAGES, job_options, parameter, run_options, train_with, training_options
from armarius.functions.contracts import BadInput, SegmentationParameters

_parameter = partial(parameter, SegmentationParameters)


def _merged(_context: click.Context, option: click.Parameter, given: tuple[str, ...]) -> dict[str, str]:
    """Reads TARGET:SOURCE pairs."""
    pairs = [pair.partition(":") for pair in given]
    if any(not target or not source for target, _, source in pairs):
        raise BadInput(f"--{str(option.name).replace('_', '-')} takes TARGET:SOURCE, such as text:paragraph.")
    return {source: target for target, _, source in pairs}


def _or_all(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Naming no type means all of them."""
    return given or None


@click.command()
@job_options
@click.option("-i", "--load", "base_model", type=PAGES, help="A model to start from; blla is the one kraken has.")
@_parameter("-s", "--spec", help="The network, in VGSL; its second number is the height of pages.")
@_parameter("--line-width", help="Thickness of a baseline in the scaled page, in pixels.")
@_parameter("--bl-tol", help="Pixels of the output by which a found baseline may be off.")
@_parameter("--dice-weight", help="Share of the Dice loss; 0 leaves it out.")
@training_options(SegmentationParameters)
@click.option("-tl", "--topline", "line_offset", flag_value="topline", help="Lines hang: their line is the upper one.")
@click.option("-cl", "--centerline", "line_offset", flag_value="centerline", help="Their line runs through the middle.")
@click.option("-bl", "--baseline", "line_offset", flag_value="baseline", default="baseline",
              help="Their line is the lower one.  [default]")  # fmt: skip
@click.option("--suppress-baselines", is_flag=True, default=False, help="Learn no lines.")
@click.option("--suppress-regions", is_flag=True, default=False, help="Learn no regions.")
@click.option("-vb", "--valid-baselines", multiple=True, callback=_or_all, help="A type of lines to learn.  [all]")
@click.option("-vr", "--valid-regions", multiple=True, callback=_or_all, help="A type of regions to learn.  [all]")
@click.option("-mb", "--merge-baselines", multiple=True, callback=_merged, metavar="TARGET:SOURCE",
              help="A type of lines that counts as another.")  # fmt: skip
@click.option("-mr", "--merge-regions", multiple=True, callback=_merged, metavar="TARGET:SOURCE",
              help="A type of regions that counts as another.")  # fmt: skip
@run_options
def segtrain(pages: tuple[Path, ...], detach: bool, json_: bool, **options: Any) -> None:
    """Train a model that finds lines and regions on PAGES: ALTO or PAGE files beside their images, or folders."""
    train_with(SegmentationParameters, pages, detach, json_, options)
