import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from armarius.client.errors import BadPoints
from armarius.client.pages.points import FARTHEST, parse_points, parse_size

COORDINATE = st.integers(-FARTHEST, FARTHEST)


@pytest.mark.parametrize("written", ["1,2 30,4", "1 2 30 4", "(1, 2) (30, 4)", "1.9,2.2 3e1,4", " 1,2\n30,4 "])
def test_reads_every_spelling(written: str) -> None:
    assert parse_points(written) == ((1, 2), (30, 4))


def test_drops_a_point_that_repeats_its_neighbour() -> None:
    assert parse_points("1,2 1,2 3,4 1,2") == ((1, 2), (3, 4), (1, 2))


@pytest.mark.parametrize("written", ["1,2 3", "a,b", "1,2 nan,4", "1,2 3;4 x", "1e999,1", "0x10,2", "٣,٤"])
def test_refuses_what_is_no_point(written: str) -> None:
    with pytest.raises(BadPoints):
        parse_points(written)


@given(st.text() | st.text("0123456789.,-+eE() "))
@example("1e999 1")
@example("9" * 5000)
def test_raises_nothing_but_its_own_error(written: str) -> None:
    try:
        points = parse_points(written)
    except BadPoints:
        return
    assert all(isinstance(number, int) for point in points for number in point)


@given(st.lists(st.tuples(COORDINATE, COORDINATE), unique=True))
def test_round_trip(points: list[tuple[int, int]]) -> None:
    assert parse_points(" ".join(f"{x},{y}" for x, y in points)) == tuple(points)


@given(st.none() | st.text(), st.none() | st.text())
def test_a_size_is_positive_or_none(width: str | None, height: str | None) -> None:
    size = parse_size(width, height)
    assert size is None or min(size) > 0


def test_size() -> None:
    assert parse_size("10", "20.0") == (10, 20)
    assert parse_size("0", "20") is None
    assert parse_size("1 2", "") is None
    assert parse_size("-1", "20") is None
