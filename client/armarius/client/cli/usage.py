"""``armarius usage``: who used what where."""

import json
from pathlib import Path

import click

from armarius.client.accounts.moments import moment_of
from armarius.client.accounts.sheet import as_csv
from armarius.client.accounts.usage import WAYS, By, Used
from armarius.client.accounts.usage import usage as used
from armarius.client.cli.shared import as_json, figures
from armarius.client.pool import Pool
from armarius.client.report.record import render_record
from armarius.client.words import NOTHING, duration, size
from armarius.functions.files import write_bytes


@click.command()
@click.option("--by", type=click.Choice(WAYS), default="user", show_default=True, help="Of what to make a line each.")
@click.option("--since", metavar="DATE", help='From when: "2026-11-01", or "30d" for thirty days ago.')
@click.option("--until", metavar="DATE", help="Until when, without that moment.")
@click.option("--csv", "csv_", is_flag=True, help="Print CSV, for spreadsheets.")
@click.option(
    "--estimates", type=click.Path(path_type=Path), help="Also write a page: the ends that were told, and the true."
)
@as_json
def usage(by: By, since: str | None, until: str | None, csv_: bool, estimates: Path | None, json_: bool) -> None:
    """Tell who used what where: GPU hours, CPU hours, jobs, bytes moved."""
    with Pool.from_config() as pool:
        now = pool.desk.clock.now()
        begin, end = (moment_of(text, now) if text else None for text in (since, until))
        found = used(pool.desk.journal, by, begin, end)
        if estimates is not None:
            write_bytes(estimates, render_record(pool.desk.journal, begin, end).encode())
    if json_:
        click.echo(json.dumps(found.as_json()))
    elif csv_:
        click.echo(as_csv(found), nl=False)
    else:
        heads = (by, "jobs", "runs", "GPU hours", "CPU hours", "computing", "moved")
        figures(heads, map(_cells, found.rows), _cells(found.total, "together"))


def _cells(row: Used, name: str = "") -> tuple[str, ...]:
    hours = (f"{row.gpu_hours:.2f}", f"{row.cpu_hours:.2f}")
    return (name or row.name or NOTHING, str(row.jobs), str(row.runs), *hours, duration(row.wall_seconds),
            size(row.bytes_moved))  # fmt: skip
