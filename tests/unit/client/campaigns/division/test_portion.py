"""The division, alone and in a pool that is simulated part by part."""

import heapq
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armarius.client.campaigns.division.portion import (
    FIRST,
    LEAST_SECONDS,
    MOST_SECONDS,
    Portion,
    SiteState,
    most_for,
    next_portion,
)
from armarius.functions.contracts import MOST_PAGES

SITES = st.lists(
    st.builds(
        SiteState,
        name=st.just("site"),
        rate=st.floats(0.01, 20),
        overhead=st.floats(0, 2000),
        places=st.integers(1, 4),
        at_once=st.integers(1, 4),
        parts=st.lists(st.integers(1, MOST_PAGES), max_size=3).map(tuple),
        late=st.integers(0, 1),
        measured=st.booleans(),
        resting=st.booleans(),
    ),
    max_size=5,
).map(lambda sites: [replace(site, name=f"s{number}") for number, site in enumerate(sites)])


@given(SITES, st.integers(0, 60_000), st.floats(0, 1))
def test_a_portion_is_never_more_than_there_is_or_than_a_run_may_do(
    sites: list[SiteState], remaining: int, share: float
) -> None:
    ready = int(remaining * share)
    portion = next_portion(sites, remaining, ready)
    if portion is None:
        return
    site = next(site for site in sites if site.name == portion.site)
    assert site.is_free
    assert 1 <= portion.pages <= min(ready, MOST_PAGES, most_for(site))
    assert site.measured or portion.pages <= FIRST


@given(SITES, st.integers(1, 60_000))
def test_where_nothing_is_under_way_something_is_handed_out(sites: list[SiteState], remaining: int) -> None:
    idle = [replace(site, parts=(), late=0) for site in sites]
    portion = next_portion(idle, remaining, remaining)
    assert (portion is not None) is any(not site.resting for site in idle)


def test_half_of_what_remains_is_shared_in_proportion_to_the_rates() -> None:
    fast, slow = SiteState("fast", 3.0), SiteState("slow", 1.0)
    assert next_portion([fast, slow], 4000, 4000) == Portion("fast", 1500)
    assert next_portion([replace(fast, parts=(1500,)), slow], 2500, 2500) == Portion("slow", 313)
    assert next_portion([fast], 8000, 8000).pages == MOST_PAGES
    half = replace(fast, rate=0.3)
    assert next_portion([half], 800, 800).pages == 400


def test_a_part_pays_for_its_overhead() -> None:
    site = SiteState("far", 1.0, overhead=600)
    assert next_portion([site], 700, 700).pages == 600
    assert next_portion([replace(site, overhead=0)], 30, 30).pages == 30
    assert next_portion([replace(site, rate=1000.0)], 60_000, 60_000).pages == MOST_PAGES
    assert next_portion([replace(site, rate=0.001)], 60_000, 60_000).pages == 3
    assert MOST_SECONDS * 0.001 == 3.6


def test_who_waits_for_images_does_not_take_them_one_by_one() -> None:
    site = SiteState("near", 1.0)
    assert next_portion([site], 10_000, int(LEAST_SECONDS) - 1) is None
    assert next_portion([site], 10_000, int(LEAST_SECONDS)).pages == LEAST_SECONDS
    assert next_portion([site], 5, 5).pages == 5


def test_a_slow_site_does_not_keep_the_end_waiting() -> None:
    fast, slow = SiteState("fast", 10.0, parts=(100,)), SiteState("slow", 0.01, overhead=3600)
    assert next_portion([fast, slow], 100, 100) is None
    late = replace(fast, parts=(), late=1)
    assert next_portion([late, slow], 100, 100).site == "slow"


def test_parts_that_wait_for_one_another_are_not_reckoned_to_be_computed_at_once() -> None:
    """An idle site is given its share, though the other has taken all that may be its."""
    busy = SiteState("busy", 1.0, 60, places=4, at_once=1, parts=(100, 100, 100))
    idle = SiteState("idle", 1.0, 60, places=4, at_once=1)
    assert next_portion([busy, idle], 200, 200) == Portion("idle", 60)
    assert next_portion([replace(busy, at_once=3), idle], 40, 40) == Portion("idle", 40)
    assert next_portion([replace(busy, at_once=3), replace(idle, overhead=120)], 40, 40) == Portion("busy", 40)


def test_an_only_site_does_not_wait_for_itself() -> None:
    site = SiteState("only", 0.25, 30, places=4, at_once=1, parts=(5,))
    assert next_portion([site], 10, 10) == Portion("only", 10)


def test_one_more_part_waits_for_those_that_are_there() -> None:
    site = SiteState("near", 2.0, 30, places=4, at_once=2, parts=(100,))
    assert (site.wait, site.pages_per_second) == (30, 2.0)
    site = replace(site, parts=(100, 100, 100))
    assert (site.wait, site.pages_per_second) == (75, 4.0)
    assert site.seconds(10) == 80


@dataclass
class Simulated:
    """Sites that take parts and end them; the rates that the division sees are off by a factor."""

    sites: list[SiteState]
    wrong: list[float]
    pages: int
    now: float = 0.0
    given: list[tuple[str, int, float, float]] = field(default_factory=list)

    def run(self) -> None:
        under_way: list[tuple[float, int, int]] = []
        left = self.pages
        while left or under_way:
            while (portion := self._next(left, under_way)) is not None:
                place = next(number for number, site in enumerate(self.sites) if site.name == portion[0])
                end = self.now + self.sites[place].seconds(portion[1])
                heapq.heappush(under_way, (end, place, portion[1]))
                self.given.append((portion[0], portion[1], self.now, end))
                left -= portion[1]
            assert under_way, "nobody is given what is left"
            self.now, _, _ = heapq.heappop(under_way)

    def _next(self, left: int, under_way: list[tuple[float, int, int]]) -> tuple[str, int] | None:
        seen = []
        for place, (site, factor) in enumerate(zip(self.sites, self.wrong, strict=True)):
            left_of = [max(1, round((end - self.now) * site.rate)) for end, where, _ in under_way if where == place]
            pages = [min(each, size) for each, size in zip(left_of, _sizes(under_way, place), strict=True)]
            seen.append(replace(site, rate=site.rate * factor, parts=tuple(pages)))
        portion = next_portion(seen, left, left)
        return None if portion is None else (portion.site, portion.pages)


def _sizes(under_way: list[tuple[float, int, int]], place: int) -> list[int]:
    return [size for _, where, size in under_way if where == place]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.tuples(st.floats(0.05, 10), st.floats(0, 300), st.integers(1, 3), st.floats(0.7, 1.4)),
        min_size=1,
        max_size=5,
    ),
    st.integers(1, 20_000),
)
def test_every_page_is_given_once_and_the_last_parts_end_together(
    kinds: list[tuple[float, float, int, float]], pages: int
) -> None:
    sites = [SiteState(f"s{n}", rate, overhead, places, places) for n, (rate, overhead, places, _) in enumerate(kinds)]
    pool = Simulated(sites, [wrong for *_, wrong in kinds], pages)
    pool.run()
    assert sum(part[1] for part in pool.given) == pages
    assert all(1 <= part[1] <= MOST_PAGES for part in pool.given)
    last: dict[str, tuple[float, float]] = {}
    for name, _, begun, end in pool.given:
        last[name] = max(last.get(name, (0.0, 0.0)), (end, end - begun))
    longest = max(lasted for _, lasted in last.values())
    ends = [end for end, _ in last.values()]
    # A site that would have made the end later is given nothing more: it may end before, and is not waited for.
    assert max(ends) - pool.given[-1][2] <= longest + 1e-6
    assert pool.now == pytest.approx(max(ends))


@settings(deadline=None, max_examples=40)
@given(st.lists(st.floats(0.2, 10), min_size=2, max_size=5), st.integers(5_000, 50_000))
def test_near_sites_end_within_a_few_minutes_of_each_other(rates: list[float], pages: int) -> None:
    pool = Simulated([SiteState(f"s{n}", rate) for n, rate in enumerate(rates)], [1.0] * len(rates), pages)
    pool.run()
    ends = {name: end for name, _, _, end in pool.given}
    assert max(ends.values()) - min(ends.values()) <= 2 * LEAST_SECONDS + 10
    assert pool.now <= pages / sum(rates) + 2 * LEAST_SECONDS + 10
