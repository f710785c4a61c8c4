"""Sites that will be drained: what they take must be done by then, or paused with a checkpoint."""

from collections.abc import Callable
from dataclasses import replace

from armarius.client.config import seconds_of
from armarius.client.jobs.request import JobKind
from armarius.client.placement.candidate import Candidate, Wish
from armarius.client.placement.decision import Sum
from armarius.client.words import duration

UNKNOWN_SPAN = 86_400.0
"""Seconds that a site is expected to be drained if nobody said until when."""

Estimate = Callable[[Candidate], Sum]
"""Adds up what a site would take."""


def is_closing(candidate: Candidate) -> bool:
    """Tells whether a site will be drained."""
    return candidate.drain is not None and candidate.drain.is_ahead(candidate.now)


def in_time(wish: Wish, candidate: Candidate, total: Sum, estimate: Estimate) -> tuple[Sum, str]:
    """Shortens what would be asked of a site that will be drained, so that it ends before.

    Args:
        wish: The job.
        candidate: The site.
        total: What it would take, were it not to be drained.
        estimate: Adds up anew, with fewer walltimes.

    Returns:
        What it takes with a walltime that ends in time, and why there is none: the rest of a sentence that begins with
        the site's name, or nothing.
    """
    if candidate.drain is None or not is_closing(candidate):
        return total, ""
    until = candidate.drain.begins - candidate.now
    left = until - total.staging - total.wait
    if total.walltime is not None and total.walltime <= left:
        return total, ""
    fitting = tuple(text for text in candidate.config.walltimes if seconds_of(text) <= left)
    longest = max(map(seconds_of, fitting), default=0.0)
    if total.work > (longest if candidate.config.walltimes else left) and not (fitting and _can_pause(wish)):
        return total, f"will be drained in {duration(until)}: the job would not be done before"
    if not fitting:
        return total, ""
    fewer = candidate.config.model_copy(update={"walltimes": fitting})
    shorter = estimate(replace(candidate, config=fewer, plan=wish.plan(fewer)))
    span = (candidate.drain.ends or candidate.drain.begins + UNKNOWN_SPAN) - candidate.drain.begins
    rests = shorter.walltime is not None and shorter.work > shorter.walltime
    return (shorter.model_copy(update={"wait": shorter.wait + span}) if rests else shorter), ""


def _can_pause(wish: Wish) -> bool:
    """An evaluation has no checkpoint to go on from."""
    return wish.request.kind is not JobKind.EVALUATE
