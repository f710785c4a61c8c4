"""``armarius train``."""

from functools import partial
from pathlib import Path
from typing import Any

import click

from armarius.client.cli.training import PAGES, job_options, parameter, run_options, train_with, training_options
from armarius.functions.contracts import RecognitionParameters

_parameter = partial(parameter, RecognitionParameters)


@click.command()
@job_options
@click.option("-i", "--load", "base_model", type=PAGES, help="A model to start from.")
@_parameter("-s", "--spec", help="The network, in VGSL.")
@_parameter("-B", "--batch-size", help="Lines per step.")
@_parameter("--pad", "padding", help="Blank pixels left and right of each line.")
@training_options(RecognitionParameters)
@click.option("-u", "--normalization", type=click.Choice(["NFC", "NFD", "NFKC", "NFKD"]))
@_parameter("-n", "--normalize-whitespace/--no-normalize-whitespace", help="Turn any white space into a blank.")
@click.option("--reorder/--no-reorder", default=True, show_default=True, help="Put the text into display order.")
@click.option("--base-dir", type=click.Choice(["L", "R", "auto"]), default="auto", show_default=True,
              help="The base direction of the text.")  # fmt: skip
@run_options
def train(pages: tuple[Path, ...], detach: bool, json_: bool, reorder: bool, base_dir: str, **options: Any) -> None:
    """Train a recognition model on PAGES: ALTO or PAGE files beside their images, or folders of them."""
    options["bidi_reordering"] = base_dir if reorder and base_dir != "auto" else reorder
    train_with(RecognitionParameters, pages, detach, json_, options)
