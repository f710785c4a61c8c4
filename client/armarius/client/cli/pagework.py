"""What the commands that work on pages have in common."""

from functools import partial
from typing import Any, get_args

import click

from armarius.client.cli.shared import (
    as_json,
    detach_option,
    output_option,
    where_options,
)
from armarius.client.cli.training import PAGES, F, Option, checked, parameter, with_options
from armarius.functions.contracts import PageFormat, PageParameters

page_parameter = partial(parameter, PageParameters)

FINDING = ("text_direction", "input_padding")
"""Options of finding lines that are parameters of the work."""


def first_options(command: F) -> F:
    """Adds the images, and where the results go."""
    options = (
        click.argument("images", nargs=-1, required=True, type=PAGES),
        output_option,
        click.option("--name", help="What to call the job.  [default: after the folder]"),
    )
    return with_options(options, command)


def formats_option(*without: PageFormat) -> Option:
    """Makes the option that chooses the formats.

    Args:
        without: Those that are not to be had.
    """
    known = [form for form in get_args(PageFormat) if form not in without]
    return click.option(
        "-f", "--format", "formats", multiple=True, type=click.Choice(known), default=("alto",), show_default=True,
        help="Of the files; may be given several times.",
    )  # fmt: skip


def finding_options(command: F) -> F:
    """Adds how lines are found, beside the model."""
    options = (
        click.option("-d", "--text-direction", default=None,
                     type=click.Choice(["horizontal-lr", "horizontal-rl", "vertical-lr", "vertical-rl"]),
                     help="The principal direction of the writing.  [default: that of the files, else horizontal-lr]"),
        page_parameter("--input-pad", "input_padding", help="Pixels around the page before lines are found."),
    )  # fmt: skip
    return with_options(options, command)


def last_options(command: F) -> F:
    """Adds where and how a job runs."""
    return with_options((*where_options, detach_option, as_json), command)


def parameters_from(options: dict[str, Any], *names: str) -> PageParameters:
    """Takes the parameters out of options.

    Raises:
        BadInput: A value cannot be used; the message names its option.
    """
    return checked(PageParameters, {name: options.pop(name) for name in names})
