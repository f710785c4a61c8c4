"""``armarius site sharing``: whether the runs that share a site's GPUs get more done than one after the other."""

import json
from collections.abc import Iterator

import click
from sqlalchemy import select

from armarius.client.cli.shared import as_json, listing
from armarius.client.jobs.places import site_of
from armarius.client.journal import Journal, RunRow
from armarius.client.placement.sharing import Measured, Sharing, compared
from armarius.client.placement.work import architecture_of, measured_speed
from armarius.client.pool import Pool
from armarius.functions.contracts import Task, TrainReport

NEWEST = 1000
"""Of a pool's runs so many are looked at."""


@click.command()
@click.argument("name", metavar="SITE")
@as_json
def sharing(name: str, json_: bool) -> None:
    """Compare how fast trainings at SITE were alone on a GPU and with neighbours."""
    with Pool.from_config() as pool:
        pool.config.site(name)
        found = compared(measured(pool.desk.journal, name))
    if json_:
        click.echo(json.dumps([_described(each) for each in found]))
        return
    listing(("shape", "network", "measured"), ((each.shape, each.network, str(each)) for each in found))
    if not found:
        click.echo(f"No training at {name} has shared a GPU yet.", err=True)


def measured(journal: Journal, site: str) -> Iterator[Measured]:
    """Yields what the newest runs on shares of a site's GPUs measured."""
    query = select(RunRow).where(RunRow.report_json.is_not(None)).order_by(RunRow.created.desc()).limit(NEWEST)
    with journal.reading() as session:
        rows = session.scalars(query).all()
    for row in rows:
        if site_of(row.site) != site or row.shape.sharing == 1 or row.task not in (Task.CALIBRATE, Task.TRAIN):
            continue
        report = TrainReport.model_validate(row.report_json)
        speed = measured_speed(row.spec, report)
        if speed and report.usage.neighbours is not None:
            parameters = row.spec.parameters
            network = f"{parameters.kind} {architecture_of(parameters)[:6]}"
            yield Measured(row.shape.name, network, report.usage.neighbours, speed)


def _described(each: Sharing) -> dict[str, object]:
    return {**vars(each), "gain": each.gain}
