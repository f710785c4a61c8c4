"""``armarius watch``, ``cancel``, ``resume`` and ``serve``: taking jobs further, or ending them."""

import click

from armarius.client.cli.live import follow, stop_on_signals
from armarius.client.cli.narrator import Narrator
from armarius.client.cli.shared import as_json, console, finish, metrics_option
from armarius.client.journal import JobRow
from armarius.client.offering import offered
from armarius.client.pool import Pool


@click.command()
@click.argument("job_id", metavar="JOB")
@as_json
def watch(job_id: str, json_: bool) -> None:
    """Follow JOB to its end, and drive it if nobody else does."""
    with Pool.from_config() as pool:
        finish(pool, pool.job(job_id), detach=False, json_=json_)


@click.command()
@click.argument("job_id", metavar="JOB")
@as_json
def resume(job_id: str, json_: bool) -> None:
    """Go on with JOB, wherever it stood: cancelled, failed, or left by a process that is gone."""
    with Pool.from_config() as pool:
        job = pool.job(job_id)
        job.resume()
        finish(pool, job, detach=False, json_=json_)


@click.command()
@click.argument("job_id", metavar="JOB")
def cancel(job_id: str) -> None:
    """End JOB, and wait until it has ended."""
    with Pool.from_config() as pool:
        job = pool.job(job_id)
        if not job.status().state.final:
            job.cancel()
            follow(pool, job, console())
        click.echo(f"job {job.id} is {job.status().state.value}")


@click.command()
@metrics_option
def serve(metrics: str | None) -> None:
    """Drive all jobs, and those that come, until Ctrl-C."""
    narrators: dict[str, Narrator] = {}
    with Pool.from_config() as pool, offered(pool, metrics) as port, stop_on_signals() as stop:

        def seen(row: JobRow) -> None:
            narrator = narrators.setdefault(row.id, Narrator(pool.job(row.id)))
            for line in narrator.news(row, pool.driver.trouble):
                click.echo(f"{row.id}  {line}")

        if port is not None:
            click.echo(f"Metrics for Prometheus are offered on port {port}.", err=True)
        click.echo("Driving all jobs. Ctrl-C leaves them with a checkpoint.", err=True)
        pool.serve(stop, seen)
