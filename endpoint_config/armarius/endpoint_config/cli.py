"""``armarius endpoint``: for the people who run a cluster. The client's command line loads this when it is called."""

import json
import sys
import time
from collections import Counter
from pathlib import Path
from uuid import UUID

import click

from armarius.client.config import seconds_of
from armarius.endpoint_config.beginning import KINDS, Known, begin
from armarius.endpoint_config.clean_site import clean
from armarius.endpoint_config.doctor import THEMES, Check, Context, Verdict, examine
from armarius.endpoint_config.folder import EndpointFolder
from armarius.endpoint_config.profile import Profile
from armarius.endpoint_config.reading import read_profile
from armarius.endpoint_config.registering import register
from armarius.endpoint_config.rendering import Change, render
from armarius.endpoint_config.web import compute_client

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_FOLDER = click.Path(file_okay=False, path_type=Path)

_profile = click.argument("profile", type=_FILE)
_to = click.option(
    "--to", type=_FOLDER, help="The endpoint's directory.  [default: NAME where Globus Compute keeps its endpoints]"
)
_COLOURS = {Change.NEW: "green", Change.CHANGED: "yellow", Change.REMOVED: "red", Change.SAME: None}


@click.group()
def endpoint() -> None:
    """Lend a cluster to a pool: configure its Globus Compute endpoint.

    In order: init, render, register, start the endpoint, register again, doctor; then clean, from time to time.
    """


@endpoint.command("init")
@click.option("--profile", "kind", type=click.Choice(KINDS), required=True, help="The kind of site.")
@click.option("--name", help="The site's name.  [default: the kind]")
@click.option("--root", type=Path, help="The directory that will hold everything.")
@click.option("--environment", type=Path, help="The Python environment with globus-compute-endpoint and armarius.")
@click.option("--kraken-python", type=Path, help="The interpreter of the environment with kraken.")
@click.option("--collection", type=click.UUID, help="The Globus collection over the root.")
@click.option("--collection-root", help="The root as the collection sees it.")
@click.argument("folder", metavar="DIR", type=_FOLDER)
def init_command(kind: str, folder: Path, **known: Path | UUID | str | None) -> None:
    """Write a commented profile of one kind of site into DIR."""
    path = begin(kind, folder, Known(**known))  # type: ignore[arg-type]
    click.echo(path)
    click.echo(f"Fill in what it marks, then: armarius endpoint render {path}", err=True)


@endpoint.command("render")
@_profile
@_to
@click.option("--force", is_flag=True, help="Write over files that were edited by hand.")
def render_command(profile: Path, to: Path | None, force: bool) -> None:
    """Write the endpoint's directory as PROFILE says, and show what changed."""
    rendered = render(read_profile(profile), to, force=force)
    for name, change in rendered.changes.items():
        click.secho(f"{change.value:<8} {name}", fg=_COLOURS[change])
    click.echo(f"in {rendered.folder.path}", err=True)


@endpoint.command("register")
@_profile
@_to
@click.option("--again", is_flag=True, help="Register every function anew, under new ids.")
def register_command(profile: Path, to: Path | None, again: bool) -> None:
    """Register the functions of PROFILE, allow them, and write site.toml once the endpoint has started."""
    site = read_profile(profile)
    folder = folder_of(site, to)
    done = register(site, folder, compute_client(), again=again)
    for name, function in sorted(done.record.functions.items()):
        click.echo(f"{'new' if name in done.new else 'kept':<5} {name:<10} {function.id}")
    if done.endpoint is None:
        click.echo(
            f"Start the endpoint: globus-compute-endpoint start {folder.path.name}; then register again.", err=True
        )
    elif done.restart:
        click.echo("Start the endpoint again, so that it allows the new functions; then register again.", err=True)
    if done.endpoint:
        click.echo(folder.site)


@endpoint.command("doctor")
@_profile
@_to
@click.option("--only", multiple=True, type=click.Choice(list(THEMES)), help="Examine only this theme.")
@click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
def doctor_command(profile: Path, to: Path | None, only: tuple[str, ...], json_: bool) -> None:
    """Examine the site of PROFILE from inside, and say what to mend. Exits with 1 if there is a problem."""
    site = read_profile(profile)
    checks = []
    for check in examine(Context(site, folder_of(site, to)), only):
        checks.append(check)
        if not json_:
            _tell(check)
    if json_:
        click.echo(json.dumps([check.model_dump(mode="json") for check in checks], indent=2))
    count = Counter(check.verdict for check in checks)
    if not json_:
        click.echo(", ".join(f"{count[verdict]} {verdict.value}" for verdict in Verdict))
    sys.exit(1 if count[Verdict.PROBLEM] else 0)


@endpoint.command("clean")
@_profile
@click.option("--older-than", default="90d", show_default=True, metavar="TIME", help='Unused for so long, as in "90d".')
@click.option("--run", "runs", multiple=True, metavar="RUN", help="Only this run, of any age, and its pages.")
@click.option("--dry-run", is_flag=True, help="Delete nothing; show what would be deleted.")
@click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
def clean_command(profile: Path, older_than: str, runs: tuple[str, ...], dry_run: bool, json_: bool) -> None:
    """Delete from the site of PROFILE what nobody has used for long: images, models, compiled datasets, runs.

    Then, if the profile sets a limit (cache), what was used least recently, until no more is kept. Nothing that a
    running, a waiting or a younger run uses is deleted. Exits with 1 if something could not be deleted, or if runs need
    more than the limit.
    """
    site, seconds = read_profile(profile), seconds_of(older_than)
    cleaned = clean(site, time.time() - seconds, runs, dry_run=dry_run)
    if json_:
        click.echo(cleaned.model_dump_json(indent=2))
    else:
        for item in cleaned.items:
            click.echo(f"{item.kind.value:<9} {item.size:>14,} {item.path}")
        total = sum(item.size for item in cleaned.items)
        click.echo(f"{'Would delete' if dry_run else 'Deleted'} {len(cleaned.items)} things, {total:,} bytes.")
    for trouble in cleaned.trouble:
        click.echo(trouble, err=True)
    sys.exit(1 if cleaned.trouble else 0)


def _tell(check: Check) -> None:
    colour = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.PROBLEM: "red"}[check.verdict]
    click.echo(f"{click.style(f'{check.verdict.value:<8}', fg=colour)} {check.theme:<12} {check.found}")
    if check.mend:
        click.echo(f"{'':<21} {check.mend}")


def folder_of(profile: Profile, to: Path | None) -> EndpointFolder:
    """Returns the endpoint's directory."""
    return EndpointFolder.at(to) if to else EndpointFolder.usual(profile.name)
