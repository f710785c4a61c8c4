"""The bound that the pool is held against over real clusters: no schedule beats it, and it is near to the best."""

import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def bound() -> Iterator[ModuleType]:
    """Benchmarks are scripts that stand beside each other, in no package."""
    folder = str(Path(__file__).parents[3] / "benchmarks")
    sys.path.insert(0, folder)
    import pool_bound

    yield pool_bound
    sys.path.remove(folder)


def best_of_all(took: list[list[float]], opens: list[list[float]]) -> float:
    """Tries every way to deal jobs out to places: with one place after another, the order there does not matter."""
    places = [(site, at) for site, each in enumerate(opens) for at in each]
    least = float("inf")
    for dealt in product(range(len(places)), repeat=len(took[0])):
        free = [at for _, at in places]
        for job, place in enumerate(dealt):
            free[place] += took[places[place][0]][job]
        least = min(least, max(free[place] for place in set(dealt)))
    return least


seconds = st.floats(1, 100)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[list[float]], list[list[float]]]:
    jobs, sites = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    took = draw(st.lists(st.lists(seconds, min_size=jobs, max_size=jobs), min_size=sites, max_size=sites))
    places = st.lists(st.floats(0, 50), min_size=1, max_size=2)
    return took, draw(st.lists(places, min_size=sites, max_size=sites))


@settings(deadline=None, max_examples=40)
@given(worlds())
def test_no_schedule_beats_the_bound_and_a_good_one_is_a_schedule(
    bound: ModuleType, world: tuple[list[list[float]], list[list[float]]]
) -> None:
    took, opens = world
    made, best = bound.Measured(took, opens), best_of_all(took, opens)
    assert bound.least_makespan(made) <= best + 1e-6
    assert bound.good_schedule(made) >= best - 1e-6


def test_with_many_jobs_bound_and_schedule_meet(bound: ModuleType) -> None:
    """Thirty jobs over a fast and a slow site: of 30 units, in 10 s at speeds 2 + 1 the fast one does 20."""
    made = bound.Measured([[0.5] * 30, [1.0] * 30], [[0.0], [0.0]])
    assert bound.least_makespan(made) == pytest.approx(10.0, abs=0.01)
    assert bound.good_schedule(made) == pytest.approx(10.0)


def test_each_job_goes_where_it_is_cheap(bound: ModuleType) -> None:
    """Two sites, each good at half of the jobs: without prices for each, one would reckon with twice as much."""
    made = bound.Measured([[1.0] * 5 + [9.0] * 5, [9.0] * 5 + [1.0] * 5], [[0.0], [0.0]])
    assert bound.least_makespan(made) == pytest.approx(5.0, abs=0.01)
    assert bound.good_schedule(made) == 5.0


def test_a_place_counts_from_when_it_is_to_be_had(bound: ModuleType) -> None:
    made = bound.Measured([[10.0] * 4], [[0.0, 20.0]])
    assert bound.least_makespan(made) == pytest.approx(30.0, abs=0.01)
    late = bound.Measured([[10.0] * 4], [[0.0, 1000.0]])
    assert bound.least_makespan(late) == pytest.approx(40.0, abs=0.01), "nobody is helped by what opens too late"


def test_the_places_of_a_site_are_read_from_its_runs(bound: ModuleType) -> None:
    one_after_the_other = [(5.0, 9.0), (9.0, 12.0), (14.0, 20.0)]
    assert bound.opened(one_after_the_other) == [5.0]
    assert bound.opened([*one_after_the_other, (10.0, 11.0)]) == [5.0, 10.0], "two at the same time are two places"
    assert bound.opened([]) == []
