"""``armarius evaluate``."""

from pathlib import Path
from typing import Any

import click

from armarius.client.cli.shared import (
    as_json,
    detach_option,
    finish,
    output_option,
    priority_option,
    project_option,
    site_option,
    tag_option,
    told,
)
from armarius.client.pool import Pool


@click.command()
@click.argument("pages", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "-m", "--model", required=True, type=click.Path(path_type=Path), help="The model to evaluate; blla is kraken's own."
)
@output_option
@click.option("--name", help="What to call the evaluation.")
@site_option
@tag_option
@project_option
@priority_option
@detach_option
@as_json
def evaluate(
    pages: tuple[Path, ...],
    model: Path,
    output: str | None,
    name: str | None,
    detach: bool,
    json_: bool,
    **limits: Any,
) -> None:
    """Let a model read or segment PAGES whose transcription or layout is known, and count its errors."""
    with Pool.from_config() as pool:
        job = pool.evaluate(model, pages, name=name, output=output, on_packed=told, **limits)
        finish(pool, job, detach=detach, json_=json_)
