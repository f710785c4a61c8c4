import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.placement.belief import believed

positive = st.floats(1e-6, 1e6)


def test_without_a_measurement_the_expectation_counts() -> None:
    belief = believed([], 8.0)
    assert (belief.value, belief.measured) == (pytest.approx(8.0), 0)


def test_what_was_hardly_tried_is_reckoned_better_and_less_so_with_each_run() -> None:
    hopes = [believed([8.0] * runs, 8.0, hopeful=True).value for runs in range(12)]
    assert hopes == sorted(hopes)
    assert hopes[0] < 6.0
    assert hopes[-1] > 7.7


def test_one_strange_run_among_many_says_nothing() -> None:
    assert believed([10.0] * 9 + [10_000.0], 10.0).value == pytest.approx(10.0)


def test_many_measurements_overrule_what_was_expected() -> None:
    assert believed([100.0] * 30, 1.0).value > 70


@given(values=st.lists(positive, max_size=20), expected=positive)
def test_a_belief_lies_between_expectation_and_measurements(values: list[float], expected: float) -> None:
    known = [*values, expected]
    assert min(known) * 0.999 <= believed(values, expected).value <= max(known) * 1.001
