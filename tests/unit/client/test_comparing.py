import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armarius.client.comparing import compare
from armarius.client.job import JobResult
from armarius.functions.contracts import BadInput
from support.jobs import layout_metrics, train_report
from support.jobs import metrics as measured

Counts = tuple[int, int]
COUNTS = st.tuples(st.integers(0, 60), st.integers(1, 60))


def result(lines: list[Counts], dataset: str = "d" * 64, **fields: Any) -> JobResult:
    errors, characters = (sum(line[place] for line in lines) for place in (0, 1))
    figures = {"lines": len(lines), "errors": errors, "characters": characters, "cer": errors / max(1, characters)}
    metrics = measured(**{**figures, "counts": tuple(lines), **fields})
    return JobResult({}, metrics, train_report(), Path("out"), dataset)


@settings(max_examples=20, deadline=None)
@given(st.lists(COUNTS, min_size=2, max_size=30))
def test_a_model_is_not_better_than_itself(lines: list[Counts]) -> None:
    found = compare(result(lines), result(lines))
    assert (found.difference, found.range, found.improves, found.differ) == (0.0, (0.0, 0.0), 0.0, False)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(COUNTS, st.integers(0, 60)), min_size=2, max_size=30))
def test_the_other_way_round_it_is_the_same_with_the_other_sign(lines: list[tuple[Counts, int]]) -> None:
    one, other = [line for line, _ in lines], [(edits, line[1]) for line, edits in lines]
    there, back = compare(result(one), result(other)), compare(result(other), result(one))
    assert there.difference == pytest.approx(-back.difference)
    assert there.range == (pytest.approx(-back.range[1]), pytest.approx(-back.range[0]))
    assert there.improves + back.improves <= 1 + 1e-9


def test_pairs_tell_apart_what_single_ranges_cannot() -> None:
    """One error less in each line, where lines differ far more among themselves."""
    chance = random.Random(1)
    one = [(chance.randint(1, 30), 40) for _ in range(60)]
    other = [(edits - 1, length) for edits, length in one]
    found = compare(result(one), result(other))
    assert found.range == (pytest.approx(-1 / 40), pytest.approx(-1 / 40))
    assert (found.improves, found.differ, found.lines) == (1.0, True, 60)
    assert "-2.50 points from the first's (-2.50 to -2.50), and below it in 100.0 %" in str(found)


def test_chance_alone_is_no_difference() -> None:
    """The same errors, in other lines."""
    chance = random.Random(2)
    one = [(chance.randint(0, 10), 40) for _ in range(40)]
    found = compare(result(one), result(chance.sample(one, k=40)))
    assert not found.differ
    assert found.range[0] < found.difference == 0 < found.range[1]
    assert 0 < found.improves < 1


def test_the_range_is_that_of_the_normal_distribution_where_it_holds() -> None:
    """Of 900 lines of one letter, the second mends 45 and spoils 45: the difference deviates by sqrt(90) / 900."""
    one = [(1, 1)] * 45 + [(0, 1)] * 855
    other = [(0, 1)] * 45 + [(1, 1)] * 45 + [(0, 1)] * 810
    found = compare(result(one), result(other))
    assert found.range == (pytest.approx(-0.0207, abs=0.002), pytest.approx(0.0207, abs=0.002))
    assert found.improves == pytest.approx(0.5, abs=0.06)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (result([(1, 2)] * 3, dataset="e" * 64), "did not read the same lines"),
        (result([(1, 2)] * 4), "did not read the same lines"),
        (result([(1, 2)] * 3, split="validation"), "did not read the same lines"),
        (result([(1, 2)] * 3, counts=()), "does not tell of single lines"),
        (JobResult({}, layout_metrics(), train_report(), Path("layout"), "d" * 64), "layout is no measurement"),
        (JobResult({}, None, train_report(), Path("out"), "d" * 64), "is no measurement"),
    ],
)
def test_what_cannot_be_compared(other: JobResult, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        compare(result([(1, 2)] * 3), other)


def test_one_line_tells_nothing() -> None:
    with pytest.raises(BadInput, match="1 line cannot tell"):
        compare(result([(1, 2)]), result([(0, 2)]))
