"""What becomes one job: arithmetic on what was pressed when."""

from hypothesis import given
from hypothesis import strategies as st

from armarius.client.escriptorium.pressing.batching import PATIENCE_SECONDS, QUIET_SECONDS, batches
from armarius.client.escriptorium.record import Phase, PressedRow


def row(task: str, asked: float = 0.0, *parts: int, alike: str = "a", **fields: object) -> PressedRow:
    given = {"phase_name": Phase.ASKED.value, "holds": True, "job": "", **fields}
    return PressedRow(task_id=task, asked=asked, parts_json=list(parts), alike=alike, **given)


def names(found: list[tuple[PressedRow, ...]]) -> list[str]:
    return ["".join(each.task_id for each in batch) for batch in found]


def test_it_is_waited_until_no_more_come() -> None:
    rows = [row("a", 0, 1), row("b", 2, 2)]
    assert batches(rows, 2 + QUIET_SECONDS - 0.1, 200) == []
    assert names(batches(rows, 2 + QUIET_SECONDS, 200)) == ["ab"]


def test_but_not_for_ever() -> None:
    rows = [row(str(at), at, at) for at in range(int(PATIENCE_SECONDS) + 1)]
    assert batches(rows[:-1], PATIENCE_SECONDS - 1, 200) == []
    assert len(batches(rows, PATIENCE_SECONDS, 200)[0]) == PATIENCE_SECONDS + 1


def test_what_differs_is_done_apart() -> None:
    rows = [row("a", 0, 1), row("b", 0, 2, alike="b"), row("c", 0, 3)]
    assert names(batches(rows, 10, 200)) == ["ac", "b"]


def test_full_jobs_begin_at_once() -> None:
    rows = [row("a", 0, 1, 2), row("b", 0, 3), row("c", 0, 4, 5), row("d", 0, 6)]
    assert names(batches(rows, 0, 3)) == ["ab", "cd"]
    assert names(batches(rows[:3], 0, 3)) == ["ab"]
    assert names(batches([row("a", 0, *range(9))], 0, 3)) == ["a"]  # a task is never cut


def test_a_page_that_is_worked_on_is_waited_for() -> None:
    segment = row("a", 0, 1, alike="s", job="j", phase_name=Phase.RUNNING.value)
    rows = [segment, row("b", 1, 1), row("c", 1, 2), row("d", 2, 2)]
    assert names(batches(rows, 20, 200)) == ["c"]
    segment.holds = False  # cancelled: only the end of its job is waited for
    assert names(batches(rows, 20, 200)) == ["bc"]


def test_what_is_cancelled_or_begun_does_not_begin() -> None:
    rows = [row("a", 0, 1, holds=False), row("b", 0, 2, job="j"), row("c", 0, 3, phase_name=Phase.GATHERING.value)]
    assert batches(rows, 20, 200) == []


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(1, 4), st.sampled_from("xy")), max_size=30), st.integers(1, 10)
)
def test_in_the_end_every_task_is_in_one_job(tasks: list[tuple[int, int, str]], most: int) -> None:
    rows, part = [], 0
    for number, (asked, pages, alike) in enumerate(sorted(tasks)):
        rows.append(row(f"{number}.", asked, *range(part, part + pages), alike=alike))
        part += pages
    found = batches(rows, 100, most)
    assert sorted(each.task_id for batch in found for each in batch) == sorted(each.task_id for each in rows)
    for batch in found:
        assert len({each.alike for each in batch}) == 1
        assert len(batch) == 1 or sum(len(each.parts_json) for each in batch) <= most
