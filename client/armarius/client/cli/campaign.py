"""``armarius campaign``: many pages, from wherever they are, into one tidy folder.

A campaign is not a job, it has many: it may be paused, it outlives the failures of its parts, and it is known by its
folder. So it has commands of its own beside ``armarius transcribe``, which does one job.
"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from armarius.client.basemodel import read_model
from armarius.client.campaigns.asked import Limits, Work
from armarius.client.campaigns.campaign import Campaign
from armarius.client.campaigns.errors import CampaignBusy
from armarius.client.campaigns.poolchunks import PoolChunks
from armarius.client.campaigns.standing import CampaignState, Standing
from armarius.client.campaigns.web.manners import Manners
from armarius.client.cli.campaigntold import Teller, brief, standing_json
from armarius.client.cli.live import stop_on_signals
from armarius.client.cli.shared import (
    as_json,
    console,
    detach_option,
    priority_option,
    project_option,
    tag_option,
)
from armarius.client.config import read_config
from armarius.client.pool import Pool
from armarius.client.prepare import PACKAGED
from armarius.functions.contracts import BadInput, PageFormat

FOLDER = click.Path(path_type=Path, file_okay=False)
MODEL = click.Path(path_type=Path)

_EXIT = {CampaignState.FINISHED: 0, CampaignState.STOPPED: 1, CampaignState.CANCELLED: 3}
_LEFT = 130

_MANNERS = frozenset({"max_width", "per_second", "contact", "allowed"})

LOOK_SECONDS = 2.0
"""Between two looks at what another process does."""


@click.group()
def campaign() -> None:
    """Segment or transcribe many pages in parts: a folder, a list of addresses, or a IIIF manifest.

    FOLDER is where the results go, and what a campaign is known by.
    """


@campaign.command()
@click.argument("source")
@click.option("-o", "--output", "folder", type=FOLDER, required=True, help="Folder for the results.")
@click.option("-m", "--model", type=MODEL, help="The model that reads; without one, lines and regions are sought.")
@click.option("-s", "--segmentation", type=MODEL, default=Path(PACKAGED), show_default=True,
              help="The model that finds lines; blla is kraken's own.")  # fmt: skip
@click.option("-f", "--format", "formats", multiple=True, type=click.Choice(["alto", "page", "text"]),
              default=("alto",), show_default=True, help="Of the files; may be given again.")  # fmt: skip
@click.option("--name", default="", help="What to call it.  [default: as its source]")
@click.option("--reuse", multiple=True, type=FOLDER, help="A campaign whose pages need not be done again.")
@click.option("--max-width", type=int, help="Ask image services for images that are no wider, in pixels.")
@click.option("--per-second", type=float, default=Manners().per_second, show_default=True,
              help="Requests to one host.")  # fmt: skip
@click.option("--contact", default="", help="Your address, told to the libraries whose images are fetched.")
@click.option("--allow", "allowed", multiple=True, metavar="HOST[:PORT]",
              help="A machine of an inner network that may be asked.")  # fmt: skip
@click.option("--site", "sites", multiple=True, help="Only this site; may be given again.")
@tag_option
@project_option
@priority_option
@detach_option
@as_json
def start(
    source: str,
    folder: Path,
    model: Path | None,
    segmentation: Path,
    formats: tuple[PageFormat, ...],
    name: str,
    reuse: tuple[Path, ...],
    detach: bool,
    json_: bool,
    **others: Any,
) -> None:
    """Begin with SOURCE: a folder of images, a file of addresses, or a IIIF manifest.

    Begun again, it goes on; with the same models, no page is done twice.
    """
    if segments := model is None:
        _require_no_text(formats)
    packaged = str(segmentation) == PACKAGED and not segmentation.exists()
    work = Work(
        task="segment" if segments else "transcribe",
        model=read_model(model, "recognition") if model else None,
        segmentation=PACKAGED if packaged else read_model(segmentation, "segmentation"),
        formats=formats,
    )
    begun = Campaign.begin(
        source,
        folder,
        work,
        name=name,
        manners=_manners({key: value for key, value in others.items() if key in _MANNERS}),
        limits=_limits({key: value for key, value in others.items() if key not in _MANNERS}),
        model_path=model.absolute() if model else None,
        segmentation_path=None if packaged else segmentation.absolute(),
        reuse=tuple(each.absolute() for each in reuse),
    )
    for note in begun.asked.notes:
        click.secho(f"note  {note}", fg="yellow", err=True)
    if detach:
        click.echo(json.dumps(standing_json(begun.status())) if json_ else brief(begun.status()))
        return
    _finish(begun, json_)


@campaign.command()
@click.argument("folder", type=FOLDER)
@as_json
def show(folder: Path, json_: bool) -> None:
    """Tell how the campaign in FOLDER stands."""
    standing = Campaign(folder).status()
    click.echo(json.dumps(standing_json(standing)) if json_ else brief(standing))


@campaign.command()
@click.argument("folder", type=FOLDER)
@as_json
def watch(folder: Path, json_: bool) -> None:
    """Follow the campaign in FOLDER to its end, and work on it if nobody else does."""
    _finish(Campaign(folder), json_)


@campaign.command()
@click.argument("folder", type=FOLDER)
def pause(folder: Path) -> None:
    """Hand nothing out any more. What sites have is still done, and kept."""
    found = Campaign(folder)
    found.pause()
    click.echo(brief(found.status()))


@campaign.command()
@click.argument("folder", type=FOLDER)
@click.option("--left-out", is_flag=True, help="Try the pages again that were left out, too.")
@as_json
def resume(folder: Path, left_out: bool, json_: bool) -> None:
    """Go on with the campaign in FOLDER, wherever it stood: paused, cancelled, stopped or left."""
    found = Campaign(folder)
    found.resume(left_out=left_out)
    _finish(found, json_)


@campaign.command()
@click.argument("folder", type=FOLDER)
def cancel(folder: Path) -> None:
    """End the campaign in FOLDER, and wait until its parts have ended. What is done stays."""
    found = Campaign(folder)
    found.cancel()
    if not found.status().state.final:
        _follow(found)
    click.echo(brief(found.status()))


def _manners(given: dict[str, Any]) -> Manners:
    """Returns how the web is asked.

    Raises:
        BadInput: Not so.
    """
    try:
        return Manners(**given)
    except ValidationError as error:
        first = error.errors()[0]
        option = {"allowed": "allow"}.get(str(first["loc"][0]), str(first["loc"][0]).replace("_", "-"))
        raise BadInput(f"--{option}: {first['msg']}.") from error


def _limits(given: dict[str, Any]) -> Limits:
    """Returns what the pool heeds.

    Raises:
        ConfigurationError: It has no such site.
    """
    config = read_config()
    for site in given["sites"]:
        config.site(site)
    return Limits(**given | {"only_tags": config.known_tags(given["only_tags"])})


def _require_no_text(formats: tuple[PageFormat, ...]) -> None:
    if "text" in formats:
        raise BadInput("Pages that are only segmented have no text.", "Give a model with -m, or ask for alto or page.")


def _finish(found: Campaign, json_: bool) -> None:
    """Follows a campaign, says what came of it, and ends with its exit code."""
    click.echo(f"campaign {found.asked.name}, results in {found.place.folder}", err=True)
    standing = _follow(found)
    click.echo(json.dumps(standing_json(standing)) if json_ else brief(standing))
    sys.exit(_EXIT.get(standing.state, _LEFT))


def _follow(found: Campaign) -> Standing:
    """Works on a campaign until it goes no further, or somebody leaves; looks on where another process does."""
    with stop_on_signals() as stop, Teller(console()) as teller:
        while not stop.is_set():
            if not found.place.is_worked_on():
                with suppress(CampaignBusy), Pool.from_config() as pool:  # another process was faster
                    return found.drive(PoolChunks(pool, found.place), teller.seen, stop)
            teller.seen(found.status())
            stop.wait(LOOK_SECONDS)
    return found.status()
