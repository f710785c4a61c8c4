from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from armarius.client.campaigns.web.retrying import seconds_asked
from armarius.client.campaigns.web.turns import Turns


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from(["a", "b"])), max_size=30), st.floats(0.1, 10))
def test_no_host_is_asked_more_often_than_it_may(steps: list[tuple[float, str]], per_second: float) -> None:
    now = 0.0
    turns = Turns(per_second, lambda: now)
    asked: dict[str, list[float]] = {"a": [], "b": []}
    for pause, host in steps:
        now += pause
        asked[host].append(now + turns.take(host))
    for moments in asked.values():
        gaps = [later - earlier for earlier, later in pairwise(moments)]
        assert all(gap >= 1 / per_second - 1e-6 for gap in gaps)


def test_a_host_that_asks_for_it_is_left_alone_and_no_other() -> None:
    turns = Turns(10, lambda: 5.0)
    turns.leave_alone("a", 30)
    turns.leave_alone("a", 10)
    assert turns.take("a") == 30
    assert turns.take("b") == 0


def test_retry_after_is_seconds_or_a_date() -> None:
    assert seconds_asked("120", 0) == 120
    assert seconds_asked("Thu, 01 Jan 1970 00:01:00 GMT", 20) == 40
    assert seconds_asked("Thu, 01 Jan 1970 00:01:00 GMT", 100) == 0
    assert seconds_asked(None, 0) is None
    for nonsense in ("soon", "-5", "", "1e9", "٣"):
        assert seconds_asked(nonsense, 0) is None
