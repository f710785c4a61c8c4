"""``armarius jobs``, ``show`` and ``report``: looking without touching."""

import json
from pathlib import Path
from typing import Any

import click

from armarius.client.cli.narrator import Narrator
from armarius.client.cli.pagenews import pages_of
from armarius.client.cli.shared import as_json, listing, row_json, summary, task_of
from armarius.client.job import Job
from armarius.client.journal import JobRow
from armarius.client.pool import Pool
from armarius.client.wording import Wording, wording_of
from armarius.client.words import local_moment, percent


@click.command()
@as_json
def jobs(json_: bool) -> None:
    """List all jobs, oldest first."""
    with Pool.from_config() as pool:
        found = pool.jobs()
        rows = [job.status() for job in found]
        if json_:
            click.echo(json.dumps([row_json(row) for row in rows]))
            return
        listing(("job", "state", "name", "kind", "begun", "reached"), map(_cells, found, rows))


def _cells(job: Job, row: JobRow) -> tuple[str, ...]:
    request = row.request
    pages = request.kind.is_of_pages
    reached = _pages(job) if pages else _accuracy(job, wording_of(request.parameters.kind))
    return row.id, row.state.value, request.name, task_of(request), local_moment(row.created), reached


def _pages(job: Job) -> str:
    """Returns how far work on pages is."""
    told = [line for _, line in job.progress() if line.steps_per_epoch]
    return pages_of(told[-1]) if told else ""


def _accuracy(job: Job, wording: Wording[Any]) -> str:
    """Returns the best validation so far; what is no accuracy says what it is."""
    seen = [line.accuracy for _, line in job.progress() if line.ends_epoch and line.accuracy is not None]
    what = "" if wording.accuracy == "accuracy" else f" {wording.accuracy}"
    return f"{percent(max(seen))}{what}" if seen else ""


@click.command()
@click.argument("job_id", metavar="JOB")
@as_json
def show(job_id: str, json_: bool) -> None:
    """Tell all that happened to JOB."""
    with Pool.from_config() as pool:
        job = pool.job(job_id)
        row = job.status()
        click.echo(json.dumps(row_json(row)) if json_ else _story(job, row))


def _story(job: Job, row: JobRow) -> str:
    request = row.request
    head = f"{request.name}: {row.state.value}   (job {row.id}, {task_of(request)}, dataset {request.dataset[:12]})"
    tail = summary(job, row) if row.state.final else f"Drive it with: armarius watch {row.id}"
    return "\n".join([head, *Narrator(job).news(row), tail])


@click.command()
@click.argument("job_id", metavar="JOB")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="The file.  [default: report.html of the results]"
)
def report(job_id: str, output: Path | None) -> None:
    """Write one HTML page about JOB: curves or pages, history, what was foretold, provenance."""
    with Pool.from_config() as pool:
        job = pool.job(job_id)
        click.echo(job.report(output or job.status().request.output / "report.html"))
