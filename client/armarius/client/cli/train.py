"""``armarius train``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click
from pydantic import ValidationError

from armarius.client.cli.shared import as_json, detach_option, finish, output_option, site_option, told
from armarius.client.pool import Pool
from armarius.functions.contracts import BadInput, ModelFormat, RecognitionParameters

_FIELDS = RecognitionParameters.model_fields
_PAGES = click.Path(path_type=Path)
F = TypeVar("F", bound=Callable[..., Any])


def _parameter(*names: str, **kwargs: Any) -> Callable[[F], F]:
    """Makes an option for a hyper-parameter; its default is the contract's."""
    field = next(name for name in names if name.startswith("--")).removeprefix("--").replace("-", "_")
    return click.option(*names, default=_FIELDS[field].default, show_default=True, **kwargs)


@click.command()
@click.argument("pages", nargs=-1, required=True, type=_PAGES)
@output_option
@click.option("--name", help="What to call the model.  [default: the folder's name]")
@click.option("-i", "--load", "base_model", type=_PAGES, help="A model to start from.")
@click.option("-e", "--validation", multiple=True, type=_PAGES, help="Pages that choose the best epoch.")
@click.option("-t", "--test", multiple=True, type=_PAGES, help="Pages to measure the result on.")
@click.option("--held-out", default=0, show_default=True, help="How many of PAGES to keep for the measuring.")
@_parameter("-s", "--spec", help="The network, in VGSL.")
@_parameter("-B", "--batch-size", help="Lines per step.")
@_parameter("-q", "--quit", type=click.Choice(["early", "fixed"]), help="When to stop.")
@_parameter("-N", "--epochs", help="The most epochs there may be.")
@_parameter("--min-epochs", help="Early stopping counts after these.")
@_parameter("--lag", help="Epochs without a better accuracy that end the training.")
@_parameter("-r", "--lrate", help="Learning rate.")
@_parameter("--optimizer", type=click.Choice(["Adam", "AdamW", "SGD", "RMSprop"]))
@_parameter("--schedule", type=click.Choice(["constant", "exponential", "cosine", "step", "reduceonplateau"]))
@_parameter("--warmup", help="Steps over which the learning rate climbs.")
@_parameter("--weight-decay")
@click.option("--augment/--no-augment", default=False, help="Vary the training images at random.")
@_parameter("--resize", type=click.Choice(["union", "new", "fail"]), help="For characters the base model lacks.")
@click.option("-u", "--normalization", type=click.Choice(["NFC", "NFD", "NFKC", "NFKD"]))
@_parameter("--precision", type=click.Choice(["32-true", "bf16-mixed", "16-mixed"]))
@_parameter("--seed", help="Seeds weights, order and dropout.")
@site_option
@click.option("--threads", "cpus", type=click.IntRange(1), help="Threads to use.  [default: all]")
@click.option("--calibration", default=60.0, show_default=True, help="Seconds of training to measure first.")
@click.option("--checkpoint-every", default=120.0, show_default=True, help="Seconds that may be lost at most.")
@click.option(
    "--versions",
    "epoch_models",
    type=click.Choice(["mlmodel", "safetensors"]),
    help="Bring every epoch home, too, as a model file of this kind.",
)
@detach_option
@as_json
def train(
    pages: tuple[Path, ...],
    output: str | None,
    name: str | None,
    base_model: Path | None,
    validation: tuple[Path, ...],
    test: tuple[Path, ...],
    held_out: int,
    site: str | None,
    cpus: int | None,
    calibration: float,
    checkpoint_every: float,
    epoch_models: ModelFormat | None,
    detach: bool,
    json_: bool,
    **parameters: Any,
) -> None:
    """Train a recognition model on PAGES: ALTO or PAGE files beside their images, or folders of them."""
    with Pool.from_config() as pool:
        job = pool.train(
            pages,
            name=name,
            parameters=_checked(parameters),
            base_model=base_model,
            validation=validation,
            test=test,
            held_out=held_out,
            output=output,
            on_packed=told,
            site=site,
            cpus=cpus,
            calibration=calibration,
            checkpoint_every=checkpoint_every,
            epoch_models=epoch_models,
        )
        finish(pool, job, detach=detach, json_=json_)


def _checked(parameters: dict[str, Any]) -> RecognitionParameters:
    try:
        return RecognitionParameters(**parameters)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}.") from error
