"""Looking again, now and then, whether a job that waits in a cluster's queue would be done sooner elsewhere."""

from armarius.client.accounts.door import Room
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.emptying import take_back
from armarius.client.jobs.legacy import legacy_of
from armarius.client.jobs.places import site_of
from armarius.client.jobs.wishing import wish_of
from armarius.client.journal import JobRow, RunRow
from armarius.client.placement.choose import decide
from armarius.client.placement.decision import Decision, Sum
from armarius.client.words import duration
from armarius.functions.contracts import RunState

AGAIN_SECONDS = 600.0
"""Between two looks of a driver at where else a job could go that waits in a queue."""

LEAST_GAIN = 900.0
"""Seconds that leaving a queue must save: the place in it is lost, and all sums are estimates."""

LEAST_SHARE = 0.25
"""What it must save at least of the time until the job would be done."""

MOST_LEFT = 3
"""How many queues a job leaves. Each must have to be left for twice as much as the one before."""


def leave_slow_queue(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Takes a run out of a queue, if its job would be done so much sooner elsewhere that this pays.

    It is told to pause first. Only when its site says after that that it has not begun, another is opened: one that
    began in this very moment pauses, and its job goes on from there.

    Raises:
        SiteUnreachable: A site could not be asked. Nothing is lost.
    """
    if len(desk.sites) < 2 or not _is_due(desk, run):
        return
    desk.scout.reconsidered[run.id] = desk.clock.now()
    said = _why_elsewhere(desk, job, run)
    if not said:
        return
    desk.stop(run.site, run.id, pause=True)
    if desk.status(run).state is RunState.UNKNOWN:
        take_back(desk, job, said)


def _is_due(desk: Desk, run: RunRow) -> bool:
    last = max(run.submitted or 0.0, desk.scout.reconsidered.get(run.id, 0.0))
    return not 0 <= desk.clock.now() - last < AGAIN_SECONDS


def _why_elsewhere(desk: Desk, job: JobRow, run: RunRow) -> str:
    """Says why a job had better leave its queue; nothing if it stays."""
    left = sum(_never_began(each) for each in job.runs[:-1])
    row = desk.journal.sites.decision(run.id)
    if left >= MOST_LEFT or row is None:
        return ""
    here = site_of(run.site)
    wish = wish_of(job, legacy_of(desk, job))
    decision = decide(desk, wish, rules=(Room(desk, job),), compare=True, leaving=(here, row.work))
    stay, best = decision.sum_of(here), _best(decision, here)
    if stay is None or best is None:
        return ""
    foretold = row.wait - (desk.clock.now() - (row.submitted or row.at))
    wait = min(foretold, stay.wait) if foretold > 0 else stay.wait  # who comes now waits no less than who was here
    finish = wait + stay.work
    gain = finish - best[1].finish
    if gain <= max(LEAST_GAIN, LEAST_SHARE * finish, best[1].staging) * 2**left:
        return ""
    return f"The queue of {here} is slow: elsewhere it is done about {duration(gain)} sooner."


def _best(decision: Decision, here: str) -> tuple[str, Sum] | None:
    others = [(each.site, each.sum) for each in decision.verdicts if each.sum is not None and each.site != here]
    return min(others, key=lambda each: each[1].finish, default=None)


def _never_began(run: RunRow) -> bool:
    return run.submitted is not None and run.position == 0 and run.report_json is None
