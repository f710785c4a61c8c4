import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.campaigns.throughput import LEAST, WINDOW, Throughput


def seen(*pages: int, every: float = 60.0) -> Throughput:
    made = Throughput()
    for number, each in enumerate(pages):
        made.note(1000.0 + every * number, each)
    return made


def test_nothing_is_told_before_pages_came_for_a_while() -> None:
    assert seen().rate is None
    assert seen(0).rate is None
    assert seen(0, 0, 0).rate is None
    assert seen(0, 5, every=LEAST - 1).rate is None


def test_the_time_before_the_first_page_does_not_count() -> None:
    assert seen(0, 0, 0, 0, 30, 60).rate == pytest.approx(0.5)


def test_what_was_long_ago_does_not_count() -> None:
    fast, slow = [600 * each for each in range(12)], [6600 + 6 * each for each in range(1, 13)]
    assert seen(*fast).rate == pytest.approx(10.0)
    assert seen(*fast, *slow).rate == pytest.approx(0.1)


def test_pages_that_were_lost_are_no_progress() -> None:
    assert seen(10, 40, 5).rate is None
    assert seen(10, 40, 5, 70).rate == pytest.approx(60 / 180)


def test_a_clock_that_was_put_back_begins_anew() -> None:
    made = seen(0, 60, 120)
    made.note(500.0, 130)
    assert made.rate is None
    made.note(560.0, 190)
    assert made.rate == pytest.approx(1.0)


@given(st.lists(st.tuples(st.floats(0.1, 2 * WINDOW), st.integers(-5, 50)), max_size=60))
def test_a_rate_is_never_more_than_the_fastest_stretch(steps: list[tuple[float, int]]) -> None:
    made, at, through = Throughput(), 0.0, 100
    fastest = 0.0
    for seconds, pages in [(1.0, 0), *steps]:
        at, through = at + seconds, max(0, through + pages)
        fastest = max(fastest, pages / seconds)
        made.note(at, through)
        assert made.rate is None or 0 < made.rate <= fastest * 1.001
