"""``armarius segment``."""

from pathlib import Path
from typing import Any

import click

from armarius.client.cli.pagework import (
    FINDING,
    finding_options,
    first_options,
    formats_option,
    last_options,
    parameters_from,
)
from armarius.client.cli.shared import finish, told_images
from armarius.client.cli.training import PAGES
from armarius.client.pool import Pool


@click.command()
@first_options
@click.option("-i", "--model", type=PAGES, default="blla", show_default=True,
              help="The model that finds lines and regions; blla is the one kraken has.")  # fmt: skip
@formats_option("text")
@finding_options
@last_options
def segment(images: tuple[Path, ...], detach: bool, json_: bool, **options: Any) -> None:
    """Find lines and regions on IMAGES: image files, or folders of them."""
    parameters = parameters_from(options, *FINDING)
    with Pool.from_config() as pool:
        job = pool.segment(images, parameters=parameters, on_packed=told_images, **options)
        finish(pool, job, detach=detach, json_=json_)
