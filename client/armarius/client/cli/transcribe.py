"""``armarius transcribe``."""

from pathlib import Path
from typing import Any

import click

from armarius.client.cli.pagework import (
    FINDING,
    finding_options,
    first_options,
    formats_option,
    last_options,
    page_parameter,
    parameters_from,
)
from armarius.client.cli.shared import finish, told_images
from armarius.client.cli.training import PAGES
from armarius.client.pool import Pool

_READING = ("padding", "batch_size", "temperature", "bidi_reordering", "no_legacy_polygons", "subline_segmentation")


@click.command()
@first_options
@click.option("-m", "--model", required=True, type=PAGES, help="The model that reads lines.")
@click.option("-i", "--segmentation", type=PAGES, default="blla", show_default=True,
              help="The model that finds lines; blla is the one kraken has.")  # fmt: skip
@click.option("--drawn/--find-lines", default=True, show_default=True,
              help="Keep the lines of ALTO or PAGE files beside the images.")  # fmt: skip
@formats_option()
@finding_options
@page_parameter("-p", "--pad", "padding", help="Pixels left and right of a line before it is read.")
@page_parameter("-B", "--batch-size", help="Lines that are read at once.")
@page_parameter("--temperature", help="By which confidences are smoothed.")
@click.option("--reorder/--no-reorder", default=True, show_default=True, help="Put the text into the order of writing.")
@click.option("--base-dir", type=click.Choice(["L", "R", "auto"]), default="auto", show_default=True,
              help="The base direction of the text.")  # fmt: skip
@page_parameter("--subline-segmentation/--no-subline-segmentation",
                help="Write words and letters with their places and confidences.")  # fmt: skip
@click.option("--no-legacy-polygons", is_flag=True, help="Cut lines out the new way for old models, too.")
@last_options
def transcribe(
    images: tuple[Path, ...], model: Path, detach: bool, json_: bool, reorder: bool, base_dir: str, **options: Any
) -> None:
    """Read IMAGES: image files, folders of them, or ALTO or PAGE files beside their images."""
    options["bidi_reordering"] = base_dir if reorder and base_dir != "auto" else reorder
    parameters = parameters_from(options, *FINDING, *_READING)
    with Pool.from_config() as pool:
        job = pool.transcribe(images, model, parameters=parameters, on_packed=told_images, **options)
        finish(pool, job, detach=detach, json_=json_)
