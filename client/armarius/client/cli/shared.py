"""What several commands have in common."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from armarius.client.cli.live import follow
from armarius.client.cli.pagenews import pages_in_brief
from armarius.client.job import Job
from armarius.client.jobs.request import MOST_PRIORITY, JobKind, JobRequest
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.naming import PAGES
from armarius.client.offering import HERE, METRICS_VARIABLE
from armarius.client.pageresults import PagesTold, pages_told
from armarius.client.pages import PackedDataset
from armarius.client.pool import Pool
from armarius.client.report import compared
from armarius.client.wording import wording_of
from armarius.client.words import count, duration
from armarius.functions.contracts import Split, TrainReport

as_json = click.option("--json", "json_", is_flag=True, help="Print JSON, for programs.")
output_option = click.option(
    "-o", "--output", type=click.Path(), help="Folder for the results; empty or not there yet.  [default: ./NAME]"
)
site_option = click.option("--site", help="The site to use.  [default: the pool chooses]")
project_option = click.option("--project", default="", help="What it is for: the project whose allowance is used.")
priority_option = click.option("--priority", type=click.IntRange(-MOST_PRIORITY, MOST_PRIORITY), default=0,
                               show_default=True, help="Of what waits, the higher comes first.")  # fmt: skip
tag_option = click.option(
    "--only-tag", "only_tags", multiple=True, metavar="TAG",
    help='Only to sites that bear this tag, such as "eu"; with several, all of them.',
)  # fmt: skip
threads_option = click.option("--threads", "cpus", type=click.IntRange(1), help="Threads to use.  [default: all]")
where_options = (site_option, project_option, priority_option, tag_option, threads_option)
"""Where a job runs, for whom, and with how much."""

detach_option = click.option("--detach", is_flag=True, help="Only write the job down; armarius serve does it.")
metrics_option = click.option(
    "--metrics", metavar="[HOST:]PORT", envvar=METRICS_VARIABLE,
    help=f"Offer figures for Prometheus there, by default on {HERE} alone.  [env: {METRICS_VARIABLE}]",
)  # fmt: skip

_EXIT = {JobState.DONE: 0, JobState.FAILED: 1, JobState.CANCELLED: 3}
_LEFT = 130


def console() -> Console:
    """Returns standard error: standard output is for results."""
    return Console(stderr=True)


def listing(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Prints a table to standard output; what is too long for it is folded, and nothing of it is markup."""
    table = Table(box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def figures(columns: Sequence[str], rows: Iterable[Sequence[str]], total: Sequence[str]) -> None:
    """Prints a table of figures to standard output: all but the first column end at the right, and a sum is below."""
    table = Table(box=box.SIMPLE, show_edge=False, show_footer=True)
    for place, (column, footer) in enumerate(zip(columns, total, strict=True)):
        table.add_column(column, Text(footer), justify="right" if place else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)


def told(packed: PackedDataset) -> None:
    """Tells what was packed, and each thing that was left out."""
    _problems(packed)
    manifest = packed.manifest
    every = count(sum(len(page.lines) for page in manifest.pages), "line")
    transcribed = sum(1 for split in Split for _ in manifest.transcribed_lines(split))
    regions = count(sum(len(page.regions) for page in manifest.pages), "region")
    pages = count(len(manifest.pages), "page")
    click.echo(f"{pages}, {every} ({transcribed} transcribed), {regions}, dataset {packed.id[:12]}", err=True)


def told_images(packed: PackedDataset) -> None:
    """Tells which images were packed, and each that was left out."""
    _problems(packed)
    drawn = sum(len(page.lines) for page in packed.manifest.pages)
    lines = f", {count(drawn, 'line')} drawn" if drawn else ""
    click.echo(f"{count(len(packed.manifest.pages), 'page')}{lines}, dataset {packed.id[:12]}", err=True)


def _problems(packed: PackedDataset) -> None:
    for problem in packed.problems:
        click.secho(f"{problem.severity:<5} {problem.file}: {problem.what}", fg="yellow", err=True)


def finish(pool: Pool, job: Job, *, detach: bool, json_: bool) -> None:
    """Drives a job to its end unless it is to be left, says what came of it, and ends with its exit code."""
    if detach:
        row = job.status()
        said = f"job {job.id} is written down. Do it with: armarius serve"
        click.echo(json.dumps(row_json(row)) if json_ else said)
        return
    click.echo(f"job {job.id}, results in {job.status().request.output}", err=True)
    row = follow(pool, job, console())
    click.echo(json.dumps(row_json(row)) if json_ else summary(job, row))
    sys.exit(_exit_code(pool, row))


def _exit_code(pool: Pool, row: JobRow) -> int:
    """Returns 0 for what is done, unless not one of its pages is."""
    code = _EXIT.get(row.state, _LEFT)
    if code or not row.request.kind.is_of_pages:
        return code
    told = pages_told(pool.desk.journal, row)
    return 1 if told.pages and not told.done else 0


def summary(job: Job, row: JobRow) -> str:
    """Says in a few lines what came of a job."""
    if row.state is not JobState.DONE:
        said = {
            JobState.FAILED: f"Failed: {row.error}",
            JobState.CANCELLED: "Cancelled.",
        }.get(row.state, "Left as it stands; nothing is lost.")
        return f"{said}\nGo on with: armarius resume {job.id}"
    result = job.result()
    lines = [wording_of(result.metrics.kind).briefly(result.metrics)] if result.metrics else []
    if isinstance(result.report, TrainReport):
        lines += compared(result.report, row.request.model_path)
    if row.request.kind.is_of_pages:
        lines += pages_in_brief(PagesTold(len(result.pages), result.pages))
    lines.append(f"took {duration(row.updated - row.created)}, job {job.id}")
    lines += [f"model   {path}" for path in result.models.values()]
    if result.epoch_models:
        folder = next(iter(result.epoch_models.values())).parent
        lines.append(f"epochs  {folder} ({count(len(result.epoch_models), 'model')})")
    if result.pages:
        lines.append(f"pages   {result.output / PAGES}")
    lines.append(f"report  {result.output / 'report.html'}")
    return "\n".join(lines)


def task_of(request: JobRequest) -> str:
    """Names what a job does, by its command."""
    return wording_of(request.parameters.kind).verb if request.kind is JobKind.TRAIN else request.kind.value


def row_json(row: JobRow) -> dict[str, Any]:
    """Returns what programs may want to know of a job."""
    return {
        "id": row.id,
        "name": row.request.name,
        "kind": row.request.kind.value,
        "model_kind": row.request.parameters.kind,
        "user": row.request.user,
        "project": row.request.project,
        "institution": row.request.institution,
        "priority": row.request.priority,
        "state": row.state.value,
        "error": row.error,
        "created": row.created,
        "updated": row.updated,
        "output": str(row.request.output),
        "dataset": row.request.dataset,
        "runs": [
            {
                "id": run.id,
                "task": run.task.value,
                "site": run.site,
                "shape": run.shape.name,
                "walltime": run.walltime,
                "step": run.step,
                "report": run.report_json,
            }
            for run in row.runs
        ],
        "events": [{"at": event.at, "state": event.state.value, "message": event.message} for event in row.events],
    }
