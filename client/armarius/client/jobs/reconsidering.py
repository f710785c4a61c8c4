"""A run whose site turns out to be far slower than was guessed: is it to go on elsewhere?"""

from collections.abc import Sequence
from contextlib import suppress

from armarius.client.accounts.door import Room
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.legacy import legacy_of
from armarius.client.jobs.places import site_of
from armarius.client.jobs.wishing import wish_of
from armarius.client.journal import JobRow, RunRow
from armarius.client.placement.choose import decide
from armarius.client.placement.decision import Decision
from armarius.client.words import duration
from armarius.functions.contracts import ArmariusError, Progress

FAR = 2.0
"""What is left must be so many times what was reckoned with, and what another site would take."""

LONG = 3600.0
"""Seconds below which what is left is left where it is."""


def reconsider(desk: Desk, job: JobRow, run: RunRow, lines: Sequence[Progress]) -> None:
    """Asks a run to pause that has just been measured, if its job would be done far sooner at another site.

    Only where the speed of its site was a guess: where it was known, there is more to compute than was thought, and
    there would be elsewhere. A paused run is placed anew, with what was measured; it may still stay. Whatever goes
    wrong, it simply goes on.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
        run: Its run.
        lines: What it has told just now.
    """
    left = next((_least(line) for line in reversed(lines) if line.seconds_left is not None), 0.0)
    if left < LONG or len(desk.sites) < 2:
        return
    with suppress(ArmariusError):
        if _is_far_slower(desk, run, left):
            better = _far_better(decide(desk, wish_of(job, legacy_of(desk, job)), rules=(Room(desk, job),)), run, left)
            if better:
                desk.move(job, job.state, f"it takes far longer there than was expected: {better}")
                desk.stop(run.site, run.id, pause=True)


def _least(line: Progress) -> float:
    """Returns what is left at least: a training that may stop early is not moved for what it may never compute."""
    known = [each for each in (line.seconds_left, line.seconds_left_least) if each is not None]
    return min(known, default=0.0)


def _is_far_slower(desk: Desk, run: RunRow, left: float) -> bool:
    """Tells whether the speed of its site was guessed, and far too well."""
    row = desk.journal.sites.decision(run.id)
    if row is None:
        return False
    reckoned = Decision.model_validate(row.decision_json).sum_of(site_of(run.site))
    return reckoned is not None and not reckoned.measured and left > FAR * reckoned.work


def _far_better(decision: Decision, run: RunRow, left: float) -> str:
    """Names a site of known speed that would be done far sooner, and says when; nothing where there is none."""
    known = [each for each in decision.verdicts if each.sum and each.sum.measured and each.site != site_of(run.site)]
    sums = {each.site: each.sum.finish for each in known if each.sum}
    best = min(sums, key=lambda site: sums[site], default="")
    if not best or left <= FAR * sums[best]:
        return ""
    return f"{duration(left)} are left, and {best} would be done in {duration(sums[best])}"
