"""The command group, and how errors reach a person."""

import sys
from importlib.metadata import version

import click
from sqlalchemy.exc import SQLAlchemyError

from armarius.client.cli.drain import drain, undrain
from armarius.client.cli.evaluate import evaluate
from armarius.client.cli.explain import explain
from armarius.client.cli.inspect import jobs, report, show
from armarius.client.cli.log import log
from armarius.client.cli.login import login, logout, whoami
from armarius.client.cli.segment import segment
from armarius.client.cli.segtrain import segtrain
from armarius.client.cli.sharing import sharing
from armarius.client.cli.sites import site, sites
from armarius.client.cli.steer import cancel, resume, serve, watch
from armarius.client.cli.train import train
from armarius.client.cli.transcribe import transcribe
from armarius.client.cli.usage import usage
from armarius.client.logs.setup import FORMAT_VARIABLE, FORMATS, LEVEL_VARIABLE, LEVELS, logged
from armarius.functions.contracts import ArmariusError, BadInput


class _Group(click.Group):
    """Turns our errors into two lines and an exit code: 2 for bad input, 1 for all else."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), "endpoint"])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name != "endpoint":
            return super().get_command(ctx, cmd_name)
        # The site's tools may use the client; the client knows of them here alone, and when they are called for.
        from armarius.endpoint_config.cli import endpoint

        return endpoint

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ArmariusError as error:
            _tell(error.message, error.hint)
            sys.exit(2 if isinstance(error, BadInput) else 1)
        except OSError as error:
            _tell(str(error), "Is there room, and may it be written?")
            sys.exit(1)
        except SQLAlchemyError as error:
            _tell(f"The journal cannot be used: {error}", "Look at ARMARIUS_JOURNAL and ARMARIUS_HOME.")
            sys.exit(1)


def _tell(message: str, hint: str) -> None:
    click.secho(f"error: {message}", fg="red", err=True)
    if hint:
        click.echo(f"  {hint}", err=True)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(version("armarius"))
@click.option(
    "--log-level", type=click.Choice(LEVELS), help=f"Of what to log, to standard error.  [env: {LEVEL_VARIABLE}]"
)
@click.option("--log-format", type=click.Choice(FORMATS), help=f"How.  [env: {FORMAT_VARIABLE}]")
@click.pass_context
def main(context: click.Context, log_level: str | None, log_format: str | None) -> None:
    """Train kraken models for handwriting, and read pages with them, on the computers you have.

    Begin with: armarius train PAGES --output MODEL
    """
    context.with_resource(logged(log_level, log_format))


site.add_command(sharing)
for command in (
    train,
    segtrain,
    evaluate,
    segment,
    transcribe,
    jobs,
    show,
    log,
    watch,
    explain,
    report,
    cancel,
    resume,
    serve,
    sites,
    site,
    drain,
    undrain,
    usage,
    login,
    logout,
    whoami,
):
    main.add_command(command)
