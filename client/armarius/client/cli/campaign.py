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
from armarius.client.cli.pagework import FINDING, finding_options, formats_option, page_parameter, parameters_from
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
from armarius.functions.contracts import BadInput

FOLDER = click.Path(path_type=Path, file_okay=False)
MODEL = click.Path(path_type=Path)

_EXIT = {CampaignState.FINISHED: 0, CampaignState.STOPPED: 1, CampaignState.CANCELLED: 3}
_LEFT = 130

_MANNERS = ("max_width", "per_second", "contact", "allowed")
_READING = ("padding", "batch_size", "bidi_reordering")

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
@click.option("-i", "--segmentation", type=MODEL, default=Path(PACKAGED), show_default=True,
              help="The model that finds lines and regions; blla is the one kraken has.")  # fmt: skip
@formats_option()
@finding_options
@page_parameter("-p", "--pad", "padding", help="Pixels left and right of a line before it is read.")
@page_parameter("-B", "--batch-size", help="Lines that are read at once.")
@click.option("--reorder/--no-reorder", default=True, show_default=True, help="Put the text into the order of writing.")
@click.option("--base-dir", type=click.Choice(["L", "R", "auto"]), default="auto", show_default=True,
              help="The base direction of the text.")  # fmt: skip
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
    name: str,
    reuse: tuple[Path, ...],
    detach: bool,
    json_: bool,
    **options: Any,
) -> None:
    """Begin with SOURCE: a folder of images, a file of addresses, or a IIIF manifest.

    Begun again, it goes on; with the same models, no page is done twice.
    """
    packaged = str(segmentation) == PACKAGED and not segmentation.exists()
    begun = Campaign.begin(
        source,
        folder,
        _work(model, None if packaged else segmentation, options),
        name=name,
        manners=_manners({key: options.pop(key) for key in _MANNERS}),
        limits=_limits(options),
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


def _work(model: Path | None, segmentation: Path | None, options: dict[str, Any]) -> Work:
    """Takes what is done to every page out of the options.

    Raises:
        BadInput: It cannot be done so; the message says why.
    """
    reorder, base_dir = options.pop("reorder"), options.pop("base_dir")
    options["bidi_reordering"] = base_dir if reorder and base_dir != "auto" else reorder
    parameters, formats = parameters_from(options, *FINDING, *_READING), tuple(options.pop("formats"))
    if model is None and "text" in formats:
        raise BadInput("Pages that are segmented have no text.", "Give a model with -m, or ask for alto or page.")
    if len(set(formats)) < len(formats):
        raise BadInput("--format: one is named twice.")
    return Work(
        task="segment" if model is None else "transcribe",
        model=None if model is None else read_model(model, "recognition"),
        segmentation=PACKAGED if segmentation is None else read_model(segmentation, "segmentation"),
        formats=formats,
        options=parameters.model_dump(mode="json", exclude_defaults=True),
    )


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
