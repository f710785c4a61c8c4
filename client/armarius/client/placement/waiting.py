"""How long a run waits: what the site's scheduler says, what became of that before, and the pool's own runs there."""

from collections.abc import Sequence
from dataclasses import dataclass

from armarius.client.journal.sitelog import Load
from armarius.client.placement.belief import believed
from armarius.functions.contracts import QueueReport

EXPECTED_SHARE = 0.6
"""Actual over estimated wait before anything was measured. Slurm supposes that all jobs use up their walltimes, which
mostly ask for too much; so it starts them sooner than it says."""

EXPECTED_START = 20.0
"""Seconds from the hand-over to the begin of a run where nobody queues: the block, and its worker."""

LONG = 120.0
"""An estimate below this is of nobody who queues: such a wait tells of the start alone."""

EXPECTED_SLOTS = 2
"""Runs at once at a site of which nothing is known."""


@dataclass(frozen=True)
class WaitHistory:
    """What the waits at a site were like.

    Attributes:
        share: Actual over estimated wait.
        start: Seconds that a run takes to begin where nobody queues.
    """

    share: float = EXPECTED_SHARE
    start: float = EXPECTED_START


def history_of(waits: Sequence[tuple[float | None, float]]) -> WaitHistory:
    """Learns from waits.

    Args:
        waits: The scheduler's estimate, if there was one, and the seconds that it took; of each run.
    """
    start = believed([seconds for estimate, seconds in waits if (estimate or 0.0) < LONG], EXPECTED_START).value
    shares = [
        max(seconds - start, 1.0) / estimate for estimate, seconds in waits if estimate is not None and estimate >= LONG
    ]
    return WaitHistory(believed(shares, EXPECTED_SHARE).value, start)


def estimate_of(queue: QueueReport | None, shape: str, walltime: str | None) -> float | None:
    """Returns the scheduler's own estimate for a shape and a walltime as the site writes it; None if it gave none.

    Where that walltime was not asked about, the nearest answer for the shape stands for it: the longest of them.
    """
    if queue is None:
        return None
    known = {wait.walltime: wait.seconds for wait in queue.waits if wait.shape == shape and wait.seconds is not None}
    if walltime in known:
        return known[walltime]
    return max(known.values(), default=None)


def own_wait(load: Load, slots: int, work: float) -> float:
    """Returns how long a run waits for the pool's own runs at the same site.

    Args:
        load: What the pool has there.
        slots: Runs that it computes at once.
        work: Seconds of the run itself: where nothing is known of the others, they are taken to be like it.
    """
    if load.running + load.waiting < slots:
        return 0.0
    ahead = load.running_seconds + load.waiting_seconds
    return (ahead or (load.running + load.waiting) * work) / slots


def is_next(queue: QueueReport | None, shape: str, load: Load) -> bool:
    """Tells whether the pool's own runs at a site are followed by the pool's next: they run, and nobody else waits."""
    return load.running > 0 and queue is not None and queue.others.get(shape) == 0


def wait_for(history: WaitHistory, estimate: float | None, own: float, *, follows: bool = False) -> float:
    """Returns the seconds until a run begins.

    The scheduler's estimate knows of the pool's runs that were in its queue when it was asked; so the longer of the
    two counts, never their sum. But of those that run it knows only how long they may take at most. Where nobody else
    waits for the places that they leave, the next run begins as soon as they end, or sooner where others' jobs do; it
    is handed over and made ready while they run.

    Args:
        history: What the waits there were like.
        estimate: The scheduler's.
        own: Seconds until the pool's own runs there have ended.
        follows: See :func:`is_next`.
    """
    said = (estimate or 0.0) * history.share
    if follows and own > 0:
        left = min(own, said) if (estimate or 0.0) >= LONG else own
        return max(history.start, left)
    return history.start + max(own, said)
