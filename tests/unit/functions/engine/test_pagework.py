import re

from hypothesis import given
from hypothesis import strategies as st

from armarius.functions.engine.pagework.ids import Ids
from armarius.functions.engine.pagework.pace import Pace
from armarius.functions.engine.pagework.sizing import FIRST_GUESS, Means, Needs, workers

GB = 1 << 30
sizes = st.integers(0, 64 * GB)


# How many workers --------------------------------------------------------------------------------------------------


def test_one_worker_for_each_core_where_memory_reaches() -> None:
    assert workers(Means(8, 64 * GB), Needs(), 100) == 8
    assert workers(Means(8, 64 * GB), Needs(memory=2 * GB), 100) == 8


def test_memory_is_the_bound_on_a_small_machine() -> None:
    assert workers(Means(8, 8 * GB), Needs(memory=2 * GB), 100) == 3
    assert workers(Means(8, 1 * GB), Needs(memory=2 * GB), 100) == 1, "one has to try"


def test_no_more_than_there_are_pages() -> None:
    assert workers(Means(8, 64 * GB), Needs(), 2) == 2


def test_a_gpu_has_one_worker_until_it_is_known_what_that_takes() -> None:
    means = Means(8, 64 * GB, gpus=2)
    assert workers(means, Needs(), 100) == 2
    assert workers(means, Needs(GB, gpu_memory=5 * GB, gpu_whole=24 * GB), 100) == 8
    assert workers(means, Needs(GB, gpu_memory=20 * GB, gpu_whole=24 * GB), 100) == 2


@given(st.integers(1, 64), sizes, sizes, st.integers(0, 2000))
def test_they_never_take_more_than_there_is_unless_it_is_one(cpus: int, memory: int, each: int, pages: int) -> None:
    found = workers(Means(cpus, memory), Needs(memory=each), pages)
    assert 1 <= found <= max(1, min(cpus, pages))
    assert found == 1 or found * (each or FIRST_GUESS) <= memory


# How fast ----------------------------------------------------------------------------------------------------------


def test_nobody_knows_the_end_before_two_pages() -> None:
    pace = Pace(10, 4)
    assert (pace.per_second(), pace.seconds_left()) == (None, None)
    pace.add(100.0)
    assert (pace.done, pace.per_second(), pace.seconds_left()) == (5, None, None)


def test_the_end_is_told_from_the_newest_pages() -> None:
    pace = Pace(200, 0)
    for second in range(60):
        pace.add(10.0 * second)
    for second in range(60):
        pace.add(590.0 + second)
    assert pace.per_second() == 1.0
    assert pace.seconds_left() == 80.0


# Identifiers -------------------------------------------------------------------------------------------------------


def test_good_identifiers_stay() -> None:
    ids = Ids()
    assert [ids.valid(each) for each in ("eSc_line_1", "_a-b.c", "l1")] == ["eSc_line_1", "_a-b.c", "l1"]


@given(st.lists(st.text(max_size=12) | st.sampled_from(["textblock_1", "segment_2", "1", "a", "", "TYPE_1"])))
def test_all_are_names_in_xml_and_each_is_there_once(wanted: list[str]) -> None:
    ids = Ids()
    got = [ids.valid(each) for each in wanted]
    assert len(set(got)) == len(got)
    assert all(re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.-]*", each) for each in got)
    assert not {"textblock_1", "segment_2", "TYPE_1"} & set(got), "kraken gives these itself"
