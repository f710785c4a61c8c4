"""``armarius sites`` and ``armarius site check``: what the pool has, and whether it works."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from armarius.client.cli.shared import as_json, listing
from armarius.client.config import seconds_of
from armarius.client.jobs.desk import Desk
from armarius.client.journal.sitelog import Load
from armarius.client.placement.standing import Rate, SiteStanding, standing_of
from armarius.client.placement.work import PAGE_PIXELS, PAGE_SPEED
from armarius.client.pool import Pool
from armarius.client.trial import Trial
from armarius.client.words import NOTHING, count, duration, local_moment, size


@click.command()
@as_json
def sites(json_: bool) -> None:
    """List the pool's sites, and ask each how it is."""
    with Pool.from_config() as pool:
        now = pool.desk.clock.now()
        found = _standings(pool.desk)
    if json_:
        click.echo(json.dumps([asdict(each) for each in found]))
        return
    listing(("site", "state", "free", "queue", "measured", "kept", "heard"), (_cells(each, now) for each in found))
    for each in found:
        if each.trouble:
            click.echo(f"{each.name}: {each.trouble}", err=True)


def _standings(desk: Desk) -> list[SiteStanding]:
    """Asks all at once: a silent site takes a minute to say so."""
    log = desk.journal.sites
    with ThreadPoolExecutor(len(desk.sites)) as threads:
        rows = dict(zip(desk.sites, threads.map(partial(desk.ask, anew=True), desk.sites), strict=True))
    now = desk.clock.now()
    loads = log.loads(now)
    return [
        standing_of(link.config, rows[name], loads.get(name, Load()), log.measured(name), desk.drain_of(name), now)
        for name, link in desk.sites.items()
    ]


def _cells(each: SiteStanding, now: float) -> tuple[str, ...]:
    kept = f"{size(each.kept)} of {size(each.cache_limit)}" if each.cache_limit is not None else size(each.kept)
    return (
        f"{each.name}\n{each.kind}" + (f", kraken {each.kraken}" if each.kraken else ""),
        _state(each, now),
        "\n".join(f"{shape} {number}" for shape, number in each.free.items()) or NOTHING,
        _queue(each),
        "\n".join(_rate(rate, alone=len(each.shapes) == 1) for rate in each.rates) or "nothing yet",
        f"{kept}\n{size(each.disk_free)} free",
        f"{duration(max(0.0, now - each.heard))} ago" if each.heard is not None else "never",
    )


def _state(each: SiteStanding, now: float) -> str:
    said: list[str] = [] if each.state == "silent" else [each.state]
    if each.silent_since is not None:
        said.append(f"silent {duration(max(0.0, now - each.silent_since))}")
    if each.closes is not None:
        said.append(f"open until {local_moment(each.closes)}")
    return "\n".join(said)


def _queue(each: SiteStanding) -> str:
    limit = f" of {each.limit}" if each.limit is not None else ""
    own = f"{each.running} run, {each.waiting} wait{limit}"
    return "\n".join([own, *(f"{shape} in {duration(seconds)}" for shape, seconds in each.starts_in.items())])


def _rate(rate: Rate, *, alone: bool) -> str:
    what = rate.kind if alone else f"{rate.shape} {rate.kind}"
    if rate.kind in PAGE_SPEED:
        return f"{what} {60 * rate.pixels_per_second / PAGE_PIXELS:.1f} pages/min ({count(rate.runs, 'run')})"
    factor, unit = (1e6, "Mpx/s") if rate.pixels_per_second >= 1e6 else (1e3, "kpx/s")
    return f"{what} {rate.pixels_per_second / factor:.1f} {unit} ({count(rate.runs, 'run')})"


@click.group()
def site() -> None:
    """Look after one site of the pool."""


@site.command()
@click.argument("name", metavar="SITE")
@click.option("--job/--no-job", default=True, help="Also send a job through the site's queue.", show_default=True)
@click.option("--patience", default="15m", metavar="TIME", help="How long to wait for each step.", show_default=True)
@as_json
def check(name: str, job: bool, patience: str, json_: bool) -> None:
    """Try SITE from end to end: does it answer, do files come and go, does a job start?"""
    with Pool.from_config() as pool, TemporaryDirectory(prefix="armarius-check-") as folder:
        pool.config.site(name)
        steps = []
        for step in Trial(pool.desk, name, Path(folder), seconds_of(patience)).steps(job=job):
            steps.append(step)
            if not json_:
                mark = click.style("ok    ", fg="green") if step.good else click.style("failed", fg="red")
                click.echo(f"{mark} {step.name:<12} {step.said}  ({duration(step.seconds)})")
    if json_:
        click.echo(json.dumps([vars(step) for step in steps]))
    sys.exit(0 if all(step.good for step in steps) else 1)
