import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.engine.bootstrap import error_range

COUNTS = st.tuples(st.integers(0, 60), st.integers(1, 60))


@given(st.lists(COUNTS, min_size=2, max_size=30))
def test_the_range_lies_between_the_best_and_the_worst_line(lines: list[tuple[int, int]]) -> None:
    found = error_range(lines)
    assert found is not None
    rates = [edits / length for edits, length in lines]
    assert min(rates) - 1e-9 <= found[0] <= found[1] <= max(rates) + 1e-9


@pytest.mark.parametrize("lines", [[], [(3, 10)], [(0, 0), (0, 0)]])
def test_nothing_is_said_where_nothing_can_be_resampled(lines: list[tuple[int, int]]) -> None:
    assert error_range(lines) is None


def test_lines_that_are_all_alike_leave_no_doubt() -> None:
    assert error_range([(2, 20)] * 50) == (0.1, 0.1)


def test_the_same_readings_give_the_same_range() -> None:
    lines = [(1, 20), (9, 30), (0, 10), (4, 40)]
    assert error_range(lines) == error_range(list(lines))


def test_four_times_the_lines_halve_the_range() -> None:
    chance = random.Random(1)
    lines = [(chance.choices([0, 1, 5], [6, 3, 1])[0], 30) for _ in range(1600)]
    few, many = error_range(lines[:400]), error_range(lines)
    assert few is not None
    assert many is not None
    assert 1.6 < (few[1] - few[0]) / (many[1] - many[0]) < 2.5


def test_the_range_is_that_of_the_normal_distribution_where_it_holds() -> None:
    """Of 900 lines of one character each, of which 90 are wrong, the rate's deviation is known: 1 %."""
    found = error_range([(1, 1)] * 90 + [(0, 1)] * 810)
    assert found is not None
    assert found == (pytest.approx(0.0804, abs=0.002), pytest.approx(0.1196, abs=0.002))
