"""``armarius log``: what happened to a job, when, where and why."""

import json
from dataclasses import asdict

import click

from armarius.client.cli.shared import as_json, listing
from armarius.client.history import Entry, history_of
from armarius.client.pool import Pool
from armarius.client.words import local_second


@click.command()
@click.argument("job_id", metavar="JOB")
@as_json
def log(job_id: str, json_: bool) -> None:
    """Tell what happened to JOB, when, where and why: each decision, hand-over, silence, checkpoint, move and end."""
    with Pool.from_config() as pool:
        found = history_of(pool.desk.journal, pool.job(job_id).status())
    if json_:
        click.echo(json.dumps([asdict(each) for each in found]))
    else:
        listing(("time", "what", "where", "run", "why"), map(_cells, found))


def _cells(entry: Entry) -> tuple[str, ...]:
    return local_second(entry.at), entry.what, entry.site, entry.run.rpartition("-")[2], entry.why
