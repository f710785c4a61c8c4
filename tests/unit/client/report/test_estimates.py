"""Every end that was told, beside the true one."""

import pytest

from armarius.client.placement.decision import Decision, Sum, Verdict
from armarius.client.report import render_report
from armarius.client.report.estimates import MOST_POINTS, estimates
from armarius.client.report.facts import Facts, gather
from armarius.client.report.told import end_of, told
from armarius.functions.contracts import Phase, Progress
from support.jobs import START, job, run, trained

END = 256.0
"""Of the training, in seconds from the beginning."""


def line(after: float, left: float | None, least: float | None = None, *, step: int = 1, **fields: object) -> Progress:
    given = {"at": START + after, "phase": Phase.TRAINING, "step": step, "seconds_left": left, **fields}
    return Progress(**given, seconds_left_least=least)


def decision(finish: float) -> Decision:
    total = Sum(staging=1.0, wait=2.0, work=finish - 3.0, shape="cpu2")
    return Decision(at=START, chosen="local", verdicts=(Verdict(site="local", sum=total),))


def facts(*lines: Progress, finish: float = 100.0) -> Facts:
    return gather(trained(), lines, decisions={"job1-1": decision(finish)})


def test_what_placement_and_the_runs_said_is_told_in_its_order() -> None:
    found = told(facts(line(50.0, 300.0, 100.0), line(60.0, None), line(90.0, 170.0)))
    assert [(each.at - START, each.earliest - START, each.latest - START, each.placing) for each in found] == [
        (0.0, 100.0, 100.0, True),
        (50.0, 150.0, 350.0, False),
        (90.0, 260.0, 260.0, False),
    ]


def test_an_estimate_is_right_if_the_end_came_within_what_was_told_to_the_minute() -> None:
    known = facts(line(50.0, 300.0, 100.0), line(90.0, 170.0))
    end = end_of(known)
    assert end == START + END
    assert [each.right(end) for each in told(known)] == [False, True, True]
    assert told(known)[0].off(end) == pytest.approx(156.0)


def test_bad_estimates_are_told_too() -> None:
    found = estimates(facts(line(50.0, 3000.0), line(90.0, 166.0)))
    assert found is not None
    assert "1 of them (33.3 %) held the true end" in found.chart.summary
    assert "the worst missed it by 46 min 34 s" in found.chart.summary
    assert [(row.what, row.verdict) for row in found.rows] == [
        ("by placement", "2 min 36 s later"),
        ("the run's first", "46 min 34 s sooner"),
        ("the run's last", "right"),
        ("the worst of all", "46 min 34 s sooner"),
    ]
    assert found.chart.y.high > 3050.0, "no estimate is cut off"


def test_a_run_that_goes_on_elsewhere_begins_another_band() -> None:
    found = estimates(facts(line(50.0, 300.0, step=9), line(60.0, 290.0, step=19), line(90.0, 170.0, step=10)))
    assert found is not None
    assert [len(band) for band in found.chart.bands] == [4, 2]
    assert len(found.chart.marks) == 1


def test_of_very_many_some_are_drawn_and_all_are_counted() -> None:
    found = estimates(facts(*(line(50.0 + 0.1 * each, 200.0, step=each) for each in range(1000))))
    assert found is not None
    assert len(found.chart.lines[0]) <= MOST_POINTS + 1
    assert "1\N{NARROW NO-BREAK SPACE}001 estimates told" in found.chart.summary


def test_without_an_end_nothing_is_judged() -> None:
    going_on = gather(job([run(1)], state=trained().state.__class__.TRAINING), [line(50.0, 300.0), line(60.0, 290.0)])
    found = estimates(going_on)
    assert found is not None
    assert {row.verdict for row in found.rows} == {"not known yet"}
    assert found.chart.row is None


def test_a_single_estimate_is_no_history() -> None:
    assert estimates(gather(trained(), [line(50.0, 300.0)])) is None


def test_the_page_shows_them(read_page) -> None:
    lines = [line(50.0, 3000.0), line(90.0, 166.0)]
    page = read_page(render_report(trained(), lines, decisions={"job1-1": decision(100.0)}))
    assert "When it would be done" in page.text
    assert "true end: 4 min 16 s" in page.text
    assert len(page.named("polygon")) == 1
