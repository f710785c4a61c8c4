"""``armarius explain``: why a job is where it is, and where it would go now."""

import json
from typing import Any

import click

from armarius.client.cli.shared import as_json, listing
from armarius.client.errors import SiteUnreachable
from armarius.client.placement.decision import Verdict
from armarius.client.placement.explain import Explained, decision_now, decisions_of
from armarius.client.pool import Pool
from armarius.client.words import NOTHING, duration, local_moment, size

_HEADS = ("site", "done in", "files", "to send", "queue", "its queue says", "computing", "shape", "speed", "why not")


@click.command()
@click.argument("job_id", metavar="JOB")
@as_json
def explain(job_id: str, json_: bool) -> None:
    """Tell for each run of JOB why it went to its site, and where JOB would go now."""
    trouble = ""
    with Pool.from_config() as pool:
        row = pool.job(job_id).status()
        told = decisions_of(pool.desk, row)
        try:
            now = decision_now(pool.desk, row)
        except SiteUnreachable as error:
            now, trouble = None, str(error)
    if json_:
        click.echo(json.dumps([_plain(each) for each in (*told, now) if each is not None]))
        return
    for each in (*told, now):
        if each is not None:
            _print(each)
    if not told and now is None and not trouble:
        click.echo("Nothing was decided for it.")
    if trouble:
        click.echo(f"Where it would go now cannot be told: {trouble}", err=True)


def _print(explained: Explained) -> None:
    decision = explained.decision
    head = f"run {explained.run}, {local_moment(decision.at)}" if explained.run else "now"
    went = decision.chosen or ("none yet" if decision.why else "no site takes it")
    click.echo(f"{head}: {went}{' (' + decision.why + ')' if decision.why else ''}")
    listing(_HEADS, [_cells(verdict) for verdict in decision.verdicts])
    click.echo()


def _cells(verdict: Verdict) -> tuple[str, ...]:
    total = verdict.sum
    if total is None:
        nothing = verdict.reason or "the only one left: nothing was compared"
        return verdict.site, *("" for _ in _HEADS[2:]), nothing
    said = NOTHING if total.queue is None else duration(total.queue)
    walltime = f" {duration(total.walltime)}" if total.walltime else ""
    rests = f"measured {total.measured} x" if total.measured else "a guess"
    return (
        verdict.site,
        duration(total.finish),
        duration(total.staging),
        size(total.size),
        duration(total.wait),
        said,
        duration(total.work),
        f"{total.shape}{walltime}",
        rests,
        verdict.reason,
    )


def _plain(explained: Explained) -> dict[str, Any]:
    told = explained.decision.model_dump(mode="json")
    for verdict, each in zip(told["verdicts"], explained.decision.verdicts, strict=True):
        if each.sum is not None:
            verdict["sum"]["finish"] = each.sum.finish
    return {"run": explained.run, **told}
