"""Looking again, now and then, whether a job that waits in a cluster's queue would be done sooner elsewhere."""

from armarius.client.accounts.door import Room
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.emptying import take_back
from armarius.client.jobs.legacy import legacy_of
from armarius.client.jobs.places import site_of
from armarius.client.jobs.wishing import wish_of
from armarius.client.journal import JobRow, RunRow
from armarius.client.journal.sitetables import DecisionRow
from armarius.client.placement.choose import decide
from armarius.client.placement.decision import Decision, Sum
from armarius.client.words import duration
from armarius.functions.contracts import RunState

AGAIN_SHARE, AGAIN_LEAST, AGAIN_MOST = 0.1, 15.0, 600.0
"""Between two looks of a driver at where else a job could go that waits in a queue: a tenth of the seconds in which it
was to be done, within these."""

LEAST_GAIN = 30.0
"""Seconds that leaving a queue must save: it takes some to be taken out and handed over elsewhere."""

LEAST_SHARE = 0.25
"""What it must save at least of the time until the job would be done: the place in the queue is lost, and all sums are
estimates."""

MOST_LEFT = 3
"""How many queues a job leaves. Each must have to be left for twice as much as the one before."""


def leave_slow_queue(desk: Desk, job: JobRow, run: RunRow) -> None:
    """Takes a run out of a queue, if its job would be done so much sooner elsewhere that this pays.

    It is told to pause first. Only when its site says after that that it has not begun, another is opened: one that
    began in this very moment pauses, and its job goes on from there.

    Raises:
        SiteUnreachable: A site could not be asked. Nothing is lost.
    """
    since = desk.clock.now() - max(run.submitted or 0.0, desk.scout.reconsidered.get(run.id, 0.0))
    if len(desk.sites) < 2 or 0 <= since < desk.scout.pauses.get(run.id, AGAIN_LEAST):
        return
    decided = desk.journal.sites.decision(run.id)
    if decided is None:
        return
    pause = min(max(AGAIN_LEAST, AGAIN_SHARE * (decided.wait + decided.work)), AGAIN_MOST)
    desk.scout.pauses[run.id] = pause  # so that the decision is not read with each look
    if 0 <= since < pause:
        return
    desk.scout.reconsidered[run.id] = desk.clock.now()
    said = _why_elsewhere(desk, job, run, decided)
    if not said:
        return
    desk.stop(run.site, run.id, pause=True)
    if desk.status(run).state is RunState.UNKNOWN:
        take_back(desk, job, said)


def _why_elsewhere(desk: Desk, job: JobRow, run: RunRow, decided: DecisionRow) -> str:
    """Says why a job had better leave its queue; nothing if it stays."""
    left = sum(_never_began(each) for each in job.runs[:-1])
    if left >= MOST_LEFT:
        return ""
    here = site_of(run.site)
    wish = wish_of(job, legacy_of(desk, job))
    decision = decide(desk, wish, rules=(Room(desk, job),), compare=True, leaving=(here, decided.work))
    stay, best = decision.sum_of(here), _best(decision, here)
    if stay is None or best is None:
        return ""
    foretold = decided.wait - (desk.clock.now() - (decided.submitted or decided.at))
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
