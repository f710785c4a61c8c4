"""What the commands that train have in common, and some of it with those that work on pages."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Protocol, TypeVar, get_args

import click
from pydantic import ValidationError

from armarius.client.cli.shared import (
    as_json,
    detach_option,
    finish,
    output_option,
    told,
    where_options,
)
from armarius.client.pool import Pool
from armarius.functions.contracts import BadInput, Contract, ModelFormat, TrainingParameters

PAGES = click.Path(path_type=Path)
F = TypeVar("F", bound=Callable[..., Any])
C = TypeVar("C", bound=Contract)


class Option(Protocol):
    """Adds something to a command."""

    def __call__(self, command: F, /) -> F:
        """Returns the command with it."""


_JOB = (
    "name", "base_model", "validation", "test", "held_out", "output", "site", "cpus", "calibration", "checkpoint_every",
    "epoch_models", "project", "priority", "only_tags",
)  # fmt: skip
"""Options of a job; all others are parameters of the training."""


def parameter(model: type[Contract], *names: str, **kwargs: Any) -> Option:
    """Makes an option for a parameter; its default is the contract's.

    Args:
        model: The parameters that it is one of.
        names: Of the option; one without hyphens names the field, else the first long one does.
        kwargs: As click takes them.
    """
    long = next(name for name in names if name.startswith("--")).split("/")[0]
    field = next((name for name in names if not name.startswith("-")), long.removeprefix("--").replace("-", "_"))
    return click.option(*names, default=model.model_fields[field].default, show_default=True, **kwargs)


def job_options(command: F) -> F:
    """Adds the pages, and what is asked of the job."""
    options = (
        click.argument("pages", nargs=-1, required=True, type=PAGES),
        output_option,
        click.option("--name", help="What to call the model.  [default: the folder's name]"),
        click.option("-e", "--validation", multiple=True, type=PAGES, help="Pages that choose the best epoch."),
        click.option("-t", "--test", multiple=True, type=PAGES, help="Pages to measure the result on."),
        click.option("--held-out", default=0, show_default=True, help="How many of PAGES to keep for the measuring."),
    )
    return with_options(options, command)


def training_options(model: type[TrainingParameters]) -> Option:
    """Adds the parameters that all kinds of training have, with the defaults of one kind."""
    kinds: dict[str, Any] = {name: field.annotation for name, field in model.model_fields.items()}

    def choice(field: str) -> click.Choice[str]:
        return click.Choice(kinds[field].__args__)

    options = (
        parameter(model, "-q", "--quit", type=choice("quit"), help="When to stop."),
        parameter(model, "-N", "--epochs", help="The most epochs there may be."),
        parameter(model, "--min-epochs", help="Early stopping counts after these."),
        parameter(model, "--lag", help="Epochs without a better validation that end the training."),
        parameter(model, "--min-delta", help="The least rise that counts as better."),
        parameter(model, "--optimizer", type=choice("optimizer")),
        parameter(model, "-r", "--lrate", help="Learning rate."),
        parameter(model, "-m", "--momentum", help="Of SGD and RMSprop."),
        parameter(model, "-w", "--weight-decay"),
        parameter(model, "--gradient-clip-val", help="The norm to which gradients are cut."),
        parameter(model, "--warmup", help="Steps over which the learning rate climbs."),
        parameter(model, "--schedule", type=choice("schedule")),
        parameter(model, "-g", "--gamma", help="Factor of the schedules exponential and step."),
        parameter(model, "-ss", "--step-size", help="Epochs between two falls of the schedule step."),
        parameter(model, "--sched-patience", "rop_patience", help="Epochs that reduceonplateau waits."),
        parameter(model, "--cos-max", "cos_t_max", help="Epoch of the least learning rate of cosine."),
        parameter(model, "--cos-min-lr", help="That learning rate."),
        click.option("--augment/--no-augment", default=False, help="Vary the training images at random."),
        parameter(model, "--resize", type=choice("resize"), help="For what the base model lacks."),
        parameter(model, "--precision", type=choice("precision")),
        parameter(model, "--seed", help="Seeds weights, order and dropout."),
    )
    return partial(with_options, options)


def run_options(command: F) -> F:
    """Adds where and how a job runs."""
    options = (
        *where_options,
        click.option("--calibration", default=60.0, show_default=True, help="Seconds of training to measure first."),
        click.option("--checkpoint-every", default=120.0, show_default=True, help="Seconds that may be lost at most."),
        click.option("--versions", "epoch_models", type=click.Choice(get_args(ModelFormat)),
                     help="Bring every epoch home, too, as a model file of this kind."),
        detach_option,
        as_json,
    )  # fmt: skip
    return with_options(options, command)


def with_options(options: tuple[Option, ...], command: F) -> F:
    """Adds options in the order in which the help shall show them."""
    for option in reversed(options):
        command = option(command)
    return command


def train_with(
    model: type[TrainingParameters], pages: tuple[Path, ...], detach: bool, json_: bool, options: dict[str, Any]
) -> None:
    """Writes a training down and drives it to its end, unless it is to be left.

    Args:
        model: The parameters of its kind.
        pages: To train on.
        detach: Whether to leave it.
        json_: Whether to print JSON.
        options: All others.

    Raises:
        BadInput: Something given cannot be used; the message names it.
    """
    job_wants = {name: options.pop(name) for name in _JOB}
    with Pool.from_config() as pool:
        job = pool.train(pages, parameters=checked(model, options), on_packed=told, **job_wants)
        finish(pool, job, detach=detach, json_=json_)


def checked(model: type[C], options: dict[str, Any]) -> C:
    """Makes parameters of options.

    Raises:
        BadInput: A value cannot be used; the message names its option.
    """
    try:
        return model(**options)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"--{str(first['loc'][0]).replace('_', '-')}: {first['msg']}.") from error
