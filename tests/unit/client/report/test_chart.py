import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.report.chart import BOTTOM, LEFT, RIGHT, TOP, Chart, Point, axis

LOW = st.floats(0, 1e4)
SPAN = st.floats(1e-3, 1e12)


def chart(*lines):
    return Chart("c", "C", "", axis("x", 0, 10), axis("y", 0, 1), tuple(lines))


def test_an_axis_has_round_ticks():
    assert [text for _, text in axis("epoch", 1, 20, whole=True).ticks] == ["5", "10", "15", "20"]
    assert [text for _, text in axis("%", 0.0, 1.0, "{:.0f}", scale=0.01).ticks] == ["0", "20", "40", "60", "80", "100"]
    assert axis("GB", 0, 3e9, scale=1e9).ticks[1] == (1e9, "1")


def test_there_is_nothing_between_two_epochs():
    assert [text for _, text in axis("epoch", 1, 2, whole=True).ticks] == ["1", "2"]


@given(LOW, SPAN)
def test_ticks_lie_on_the_axis_and_are_few(low, span):
    made = axis("x", low, low + span)
    slack = (made.high - made.low) * 1e-6
    assert len(made.ticks) <= 7
    assert all(made.low - slack <= value <= made.high + slack for value, _ in made.ticks)


def test_figures_fall_into_place():
    drawn = chart()
    assert (drawn.across(0), drawn.across(10)) == (LEFT, RIGHT)
    assert (drawn.down(0), drawn.down(1)) == (BOTTOM, TOP)
    assert drawn.path([Point(0, 0), Point(10, 1)]) == f"{LEFT:.1f},{BOTTOM:.1f} {RIGHT:.1f},{TOP:.1f}"


def test_an_accuracy_below_zero_is_drawn_on_the_axis():
    assert chart().down(-3.2) == BOTTOM


def test_an_axis_without_extent_is_given_one():
    assert axis("x", 4, 4).share(4) == 0


@pytest.mark.parametrize(("points", "dotted"), [(60, True), (61, False)])
def test_points_are_dots_only_while_they_are_few(points, dotted):
    assert chart(tuple(Point(each, 0) for each in range(points))).dotted is dotted
