from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.contracts import Limits, Reason
from armarius.functions.watch import Action, Verdict, Watch, Wish

GIB = 2**30


def judge(
    limits: Limits,
    elapsed: float = 0,
    memory: int = 0,
    wish: Wish = Wish.NONE,
    pausing: bool = False,
    **seen: Any,
) -> Verdict:
    return Watch(limits).judge(elapsed=elapsed, memory=memory, wish=wish, pausing=pausing, **seen)


def test_lets_a_run_be() -> None:
    assert judge(Limits(walltime=1000), elapsed=900).action is Action.LET


def test_pauses_before_the_allocation_ends_and_kills_when_that_was_no_use() -> None:
    limits = Limits(walltime=1000, margin=60)
    assert judge(limits, elapsed=940) == Verdict(Action.PAUSE, Reason.WALLTIME)
    assert judge(limits, elapsed=950, pausing=True).action is Action.LET
    assert judge(limits, elapsed=989, pausing=True) == Verdict(Action.KILL, Reason.WALLTIME)


def test_cancel_goes_before_everything() -> None:
    limits = Limits(walltime=10, memory=1)
    assert judge(limits, elapsed=99, memory=GIB, wish=Wish.CANCEL) == Verdict(Action.KILL)


def test_asks_only_once_for_a_pause() -> None:
    assert judge(Limits(), wish=Wish.PAUSE) == Verdict(Action.PAUSE, Reason.ASKED)
    assert judge(Limits(), wish=Wish.PAUSE, pausing=True).action is Action.LET


def test_ends_what_outgrows_its_memory() -> None:
    limits = Limits(memory=GIB)
    assert judge(limits, memory=GIB).action is Action.LET
    assert judge(limits, memory=GIB + 1) == Verdict(Action.KILL, Reason.OUT_OF_MEMORY)


@given(walltime=st.floats(1, 1e6), margin=st.floats(0, 1e6), elapsed=st.floats(0, 2e6), pausing=st.booleans())
def test_no_run_outlives_its_allocation(walltime: float, margin: float, elapsed: float, pausing: bool) -> None:
    verdict = judge(Limits(walltime=walltime, margin=margin), elapsed=elapsed, pausing=pausing)
    pause_at = Limits(walltime=walltime, margin=margin).pause_at
    assert pause_at is not None
    assert pause_at >= walltime * 0.75
    if elapsed >= walltime:
        assert verdict.action is Action.KILL
    if elapsed < walltime / 2:
        assert verdict.action is Action.LET


def test_the_end_that_slurm_knows_counts_when_it_is_earlier() -> None:
    limits = Limits(walltime=1000, margin=60)
    assert judge(limits, elapsed=545, ends=600) == Verdict(Action.PAUSE, Reason.WALLTIME)
    assert judge(limits, elapsed=545, ends=2000).action is Action.LET
    assert judge(limits, elapsed=945, ends=2000) == Verdict(Action.PAUSE, Reason.WALLTIME)
    assert judge(Limits(margin=60), elapsed=545, ends=600) == Verdict(Action.PAUSE, Reason.WALLTIME)


@pytest.mark.parametrize(
    ("pause_seconds", "margin"), [(0.0, 10), (1.5, 13), (50, 110), (1000, 500)], ids=["none", "short", "long", "absurd"]
)
def test_the_margin_is_what_a_pause_takes_here(pause_seconds: float, margin: float) -> None:
    limits = Limits(walltime=1000, margin=60)
    assert judge(limits, elapsed=999 - margin, pause_seconds=pause_seconds).action is Action.LET
    paused = judge(limits, elapsed=1000 - margin, pause_seconds=pause_seconds)
    assert paused == Verdict(Action.PAUSE, Reason.WALLTIME)


def test_what_the_scheduler_wants_is_done_at_once_and_once() -> None:
    assert judge(Limits(), told=Reason.PREEMPTED) == Verdict(Action.PAUSE, Reason.PREEMPTED)
    assert judge(Limits(), told=Reason.PREEMPTED, pausing=True).action is Action.LET
    assert judge(Limits(), elapsed=99, ends=100, told=Reason.PREEMPTED, pausing=True) == Verdict(
        Action.KILL, Reason.PREEMPTED
    )


@given(
    walltime=st.none() | st.floats(1, 1e6),
    ends=st.none() | st.floats(1, 1e6),
    pause_seconds=st.none() | st.floats(0, 1e4),
    elapsed=st.floats(0, 2e6),
)
def test_no_run_outlives_either_end(
    walltime: float | None, ends: float | None, pause_seconds: float | None, elapsed: float
) -> None:
    verdict = judge(Limits(walltime=walltime), elapsed=elapsed, ends=ends, pause_seconds=pause_seconds, pausing=True)
    known = [end for end in (walltime, ends) if end is not None]
    if any(elapsed >= end for end in known):
        assert verdict.action is Action.KILL
    if all(elapsed < end / 2 for end in known):
        assert verdict.action is Action.LET
