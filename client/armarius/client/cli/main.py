"""The command group, and how errors reach a person."""

import sys
from importlib.metadata import version

import click

from armarius.client.cli.evaluate import evaluate
from armarius.client.cli.inspect import jobs, report, show
from armarius.client.cli.steer import cancel, resume, serve, watch
from armarius.client.cli.train import train
from armarius.functions.contracts import ArmariusError, BadInput


class _Group(click.Group):
    """Turns our errors into two lines and an exit code: 2 for bad input, 1 for all else."""

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ArmariusError as error:
            click.secho(f"error: {error.message}", fg="red", err=True)
            if error.hint:
                click.echo(f"  {error.hint}", err=True)
            sys.exit(2 if isinstance(error, BadInput) else 1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("armarius"))
def main() -> None:
    """Train kraken models for handwriting on the computers you have.

    Begin with: armarius train PAGES --output MODEL
    """


for command in (train, evaluate, jobs, show, watch, report, cancel, resume, serve):
    main.add_command(command)
