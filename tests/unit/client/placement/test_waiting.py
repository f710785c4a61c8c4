import pytest

from armarius.client.journal.sitelog import Load
from armarius.client.placement.waiting import (
    EXPECTED_SHARE,
    EXPECTED_START,
    WaitHistory,
    estimate_of,
    history_of,
    is_next,
    own_wait,
    wait_for,
)
from armarius.functions.contracts import QueueReport
from support.several import queue


def test_an_estimate_is_corrected_by_what_became_of_those_before() -> None:
    honest = history_of([(3600.0, 3620.0)] * 10)
    pessimist = history_of([(3600.0, 380.0)] * 10)
    assert wait_for(honest, 3600.0, 0.0) == pytest.approx(3600, rel=0.15)
    assert wait_for(pessimist, 3600.0, 0.0) == pytest.approx(560, rel=0.3)


def test_one_wait_that_a_maintenance_prolonged_says_little() -> None:
    usual = [(3600.0, 1820.0)] * 8
    assert history_of([*usual, (3600.0, 90_000.0)]).share == pytest.approx(history_of(usual).share, rel=0.1)


def test_before_any_wait_slurm_is_taken_to_exaggerate() -> None:
    assert history_of([]) == WaitHistory(pytest.approx(EXPECTED_SHARE), pytest.approx(EXPECTED_START))
    assert wait_for(history_of([]), 1000.0, 0.0) == pytest.approx(620)


def test_waits_without_a_queue_teach_how_long_a_start_takes() -> None:
    learnt = history_of([(0.0, 90.0), (None, 90.0), (10.0, 90.0)] * 4)
    assert learnt.start == pytest.approx(72, rel=0.1)
    assert learnt.share == pytest.approx(EXPECTED_SHARE)


def test_the_estimate_of_that_walltime_counts_else_the_longest() -> None:
    said = queue(100.0)
    assert estimate_of(said, "small", "8h") == 100
    assert estimate_of(said, "small", "1h") == 100
    assert estimate_of(said, "large", "8h") is None
    assert estimate_of(queue(None), "small", "8h") is None
    assert estimate_of(None, "small", "8h") is None


def test_runs_of_our_own_are_waited_for_when_all_places_are_taken() -> None:
    assert own_wait(Load(running=1, running_seconds=500), slots=2, work=60) == 0
    assert own_wait(Load(0, 0, 2, 500.0), slots=2, work=60) == 250
    assert own_wait(Load(3, 0.0, 1, 0.0), slots=2, work=60) == 120, "of which nothing is known, they are like it"


def test_our_own_runs_and_the_schedulers_word_are_not_added_up() -> None:
    assert wait_for(WaitHistory(share=1.0, start=0.0), 300.0, 200.0) == 300
    assert wait_for(WaitHistory(share=1.0, start=0.0), 100.0, 200.0) == 200


def test_where_nobody_else_waits_our_next_run_follows_our_last() -> None:
    history = WaitHistory(share=0.5, start=10.0)
    assert wait_for(history, 3600.0, 60.0, follows=True) == 60, "not the hour for which the scheduler holds the node"
    assert wait_for(history, 300.0, 600.0, follows=True) == 150, "somebody else's job ends sooner"
    assert wait_for(history, 0.0, 60.0, follows=True) == 60, "it was asked before our runs were there"
    assert wait_for(history, 3600.0, 4.0, follows=True) == 10, "until then it is not made ready"
    assert wait_for(history, 3600.0, 60.0) == 1810


def test_others_are_known_to_be_absent_only_where_the_scheduler_says_so() -> None:
    running, waiting = Load(running=1, running_seconds=60), Load(waiting=1, waiting_seconds=60)
    assert is_next(QueueReport(others={"small": 0}), "small", running)
    assert not is_next(QueueReport(others={"small": 1}), "small", running)
    assert not is_next(QueueReport(), "small", running)
    assert not is_next(None, "small", running)
    assert not is_next(QueueReport(others={"small": 0}), "small", waiting), "there is nobody to follow"
