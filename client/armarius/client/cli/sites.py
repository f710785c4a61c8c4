"""``armarius sites`` and ``armarius site check``: what the pool has, and whether it works."""

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click

from armarius.client.cli.shared import as_json, listing
from armarius.client.config import seconds_of
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.pool import Pool
from armarius.client.trial import Trial
from armarius.client.words import duration, local_moment, size
from armarius.functions.contracts import ArmariusError


@click.command()
@as_json
def sites(json_: bool) -> None:
    """List the pool's sites, and ask each how it is."""
    with Pool.from_config() as pool:
        found = [_described(pool.desk, link) for link in pool.desk.sites.values()]
    if json_:
        click.echo(json.dumps(found))
        return
    heads = ("site", "kind", "state", "shapes", "walltimes", "starts in", "kraken", "keeps", "free")
    listing(heads, map(_cells, found))
    for each in found:
        if each["trouble"]:
            click.echo(f"{each['name']}: {each['trouble']}", err=True)


def _cells(each: dict[str, Any]) -> tuple[str, ...]:
    shapes, walltimes = " ".join(each["shapes"]), " ".join(each["walltimes"])
    kept = each["contents"] and each["contents"]["blob_bytes"] + each["contents"]["compiled_bytes"]
    sizes = size(kept), size(each["disk_free"])
    return each["name"], each["kind"], each["state"], shapes, walltimes, _starts(each["queue"]), each["kraken"], *sizes


def _starts(queue: dict[str, Any] | None) -> str:
    """Says for each shape when a job of the shortest walltime would start, by the scheduler's own estimate."""
    if queue is None:
        return ""
    waits: dict[str, float] = {}
    for wait in queue["waits"]:
        if wait["seconds"] is not None:
            waits[wait["shape"]] = min(wait["seconds"], waits.get(wait["shape"], wait["seconds"]))
    return ", ".join(f"{shape} {duration(seconds)}" for shape, seconds in waits.items())


def _state(desk: Desk, site: str) -> str:
    drain = desk.drain_of(site)
    if desk.is_emptying(site):
        return "being emptied"
    if desk.is_drained(site):
        return "drained"
    return f"open until {local_moment(drain.begins)}" if drain is not None else "open"


def _described(desk: Desk, link: SiteLink) -> dict[str, Any]:
    """Asks one site; one that does not answer is listed all the same."""
    config = link.config
    described: dict[str, Any] = {
        "name": config.name,
        "kind": config.kind,
        "state": _state(desk, config.name),
        "shapes": [shape.name for shape in config.shapes],
        "walltimes": list(config.walltimes),
        "kraken": "",
        "disk_free": None,
        "queue": None,
        "contents": None,
        "trouble": "",
    }
    try:
        report = desk.probe(link, [], whole=True)
    except ArmariusError as error:
        return described | {"state": "no answer", "trouble": str(error)}
    told = report.model_dump(mode="json", include={"disk_free", "queue", "contents"})
    trouble = report.queue.trouble if report.queue else ""
    return described | told | {"kraken": report.versions.kraken, "trouble": trouble}


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
