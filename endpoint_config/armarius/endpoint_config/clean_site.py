"""Cleaning the site of a profile: find, delete, and tell what became of it."""

import os
from collections.abc import Collection
from functools import partial
from pathlib import Path

from armarius.endpoint_config.clean import Found, Item, delete, item_of, only_of, unused
from armarius.endpoint_config.clean_names import compiled_names
from armarius.endpoint_config.doctor.commands import Runner, run
from armarius.endpoint_config.errors import EndpointConfigError
from armarius.endpoint_config.profile import Profile
from armarius.functions.cache import make_room
from armarius.functions.contracts import Contract
from armarius.functions.errors import SiteError
from armarius.functions.site import Site


class NotAsRoot(EndpointConfigError):
    """Everybody has a root of their own there, and root would look into its own home."""


class Cleaned(Contract):
    """What came of it.

    Attributes:
        items: What was deleted, or would be.
        trouble: What could not be, and why: one sentence each.
    """

    items: tuple[Item, ...]
    trouble: tuple[str, ...]


def clean(
    profile: Profile, before: float, runs: Collection[str] = (), *, dry_run: bool = False, runner: Runner = run
) -> Cleaned:
    """Deletes what nobody has used since a time, and what is beyond the site's limit; or certain runs and their files.

    Args:
        profile: The site.
        before: Seconds since 1970. Without meaning where ``runs`` are given.
        runs: Only these.
        dry_run: Delete nothing.
        runner: Runs kraken's interpreter.

    Raises:
        NotAsRoot: Everybody has an account of their own there.
        EngineMissing: Kraken's environment does not tell which compiled datasets are in use; nothing was deleted.
    """
    if profile.mapped and os.geteuid() == 0:
        raise NotAsRoot(
            "Everybody has a root of their own there, and root has none.",
            "Clean as each of the mapped people: runuser -l ACCOUNT -c 'armarius endpoint clean PROFILE'",
        )
    site = Site(Path(profile.root).expanduser(), Path(profile.kraken_python), cache=profile.cache)
    compiled = partial(compiled_names, runner, site.kraken_python)
    found = only_of(site, runs, compiled) if runs else unused(site, before, compiled)
    gone, failed = [], []
    for item in found.items:
        try:
            if not dry_run:
                delete(site, item)
        except OSError as error:
            failed.append(f"{item.path} cannot be deleted: {error}")
        else:
            gone.append(item)
    if not runs:
        gone += _beyond_the_limit(site, gone, failed, dry_run=dry_run)
    return Cleaned(items=tuple(gone), trouble=(*_in_the_way(found), *failed))


def _beyond_the_limit(site: Site, gone: list[Item], failed: list[str], *, dry_run: bool) -> list[Item]:
    """Brings a site down to its limit and returns what went; a dry run does not count twice what would go for its age.

    What is in the way is added to what failed.
    """
    try:
        room = make_room(site, dry_run=dry_run)
    except (OSError, SiteError) as error:
        failed.append(f"The site cannot be brought down to its limit: {error}")
        return []
    if room is None:
        return []
    if room.unknown:
        failed.append(f"Nothing went for the limit, since these cannot be read: {', '.join(room.unknown)}.")
    elif room.size > room.limit:
        failed.append(f"{room.size:,} bytes are kept, of {room.limit:,} that are allowed: runs need them all.")
    counted = {item.path for item in gone}
    return [item for thing in room.gone if (item := item_of(site, thing)).path not in counted]


def _in_the_way(found: Found) -> list[str]:
    told = [f"The run {name} is computed now and was kept: cancel it first." for name in found.busy]
    told += [f"There is no run {name!r} here." for name in found.missing]
    if found.unknown:
        names = ", ".join(found.unknown)
        told.append(f"Pages, models and compiled datasets were all kept, since these cannot be read: {names}.")
    return told
