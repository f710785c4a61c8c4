"""Every end that was told of a job, drawn beside the true one: the bad estimates too."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from armarius.client.report.chart import Chart, Point, Rule, axis, time_unit
from armarius.client.report.facts import Facts
from armarius.client.report.told import Told, end_of, told
from armarius.client.words import count, duration, percent

MOST_POINTS = 240
"""Estimates of one run that are drawn; of more, at even distances. The figures are of all."""


@dataclass(frozen=True)
class Estimate:
    """A line of the table.

    Attributes:
        what: Which it was.
        after: Seconds since the job was asked for.
        foretold: The duration of the job by it, in words.
        verdict: How far off it was, in words.
    """

    what: str
    after: float
    foretold: str
    verdict: str


@dataclass(frozen=True)
class Estimates:
    """What was told, in a drawing, in words and in figures."""

    chart: Chart
    rows: tuple[Estimate, ...]


def estimates(facts: Facts) -> Estimates | None:
    """Returns what was told of a job's end; None where that was less than twice."""
    found, end = told(facts), end_of(facts)
    if len(found) < 2:
        return None
    return Estimates(_chart(facts, found, end), tuple(_row(facts, *each, end) for each in _telling(found, end)))


def _chart(facts: Facts, found: Sequence[Told], end: float | None) -> Chart:
    def point(each: Told, value: float) -> Point:
        after = max(0.0, each.at - facts.created)
        return Point(after, max(0.0, value - facts.created), f"Told after {duration(after)}: {_range(facts, each)}")

    runs = [_thinned(list(run)) for _, run in groupby((each for each in found if not each.placing), _run)]
    true = None if end is None else end - facts.created
    last = max([found[-1].at - facts.created, true or 0.0])
    unit, scale = time_unit(last)
    highest = max([true or 0.0, *(each.latest - facts.created for each in found)])
    y_unit, y_scale = time_unit(highest)
    return Chart(
        "estimates",
        "Told and true end of the job",
        _summary(found, end),
        axis(f"{unit} since it was asked for, when it was told", 0.0, last, scale=scale),
        axis(f"end that was told ({y_unit})", 0.0, highest * 1.08, scale=y_scale),
        tuple(
            tuple(point(each, getattr(each, edge)) for each in run) for run in runs for edge in ("earliest", "latest")
        ),
        row=None if true is None else Rule(true, f"true end: {duration(true)}"),
        bands=tuple(
            (*(point(each, each.latest) for each in run), *(point(each, each.earliest) for each in reversed(run)))
            for run in runs
        ),
        marks=tuple(point(each, each.latest) for each in found if each.placing),
    )


def _run(each: Told) -> int:
    return each.run


def _thinned(run: list[Told]) -> list[Told]:
    stride = -(-len(run) // MOST_POINTS)
    return run[:-1:stride] + run[-1:]


def _summary(found: Sequence[Told], end: float | None) -> str:
    placed = sum(each.placing for each in found)
    said = f"{count(len(found), 'estimate')} told: {placed} by placement, {len(found) - placed} by the runs themselves."
    if end is None:
        return f"{said} The true end is not known yet."
    right = sum(each.right(end) for each in found)
    worst = max(found, key=lambda each: abs(each.off(end)))
    return (
        f"{said} {right} of them ({percent(right / len(found))}) held the true end, to the minute; "
        f"the worst missed it by {duration(abs(worst.off(end)))}."
    )


def _telling(found: Sequence[Told], end: float | None) -> list[tuple[str, Told]]:
    """Chooses what the table says: of placement, the first and the last of the runs, and the worst of all."""
    runs = [each for each in found if not each.placing]
    rows = [("by placement", each) for each in found if each.placing]
    rows += [("the run's first", runs[0]), ("the run's last", runs[-1])] if runs else []
    if end is not None:
        rows.append(("the worst of all", max(found, key=lambda each: abs(each.off(end)))))
    return rows


def _row(facts: Facts, what: str, each: Told, end: float | None) -> Estimate:
    return Estimate(what, max(0.0, each.at - facts.created), _range(facts, each), _verdict(each, end))


def _range(facts: Facts, each: Told) -> str:
    low, high = (max(0.0, value - facts.created) for value in (each.earliest, each.latest))
    return duration(high) if high - low < 1 else f"{duration(low)} to {duration(high)}"


def _verdict(each: Told, end: float | None) -> str:
    if end is None:
        return "not known yet"
    if each.right(end):
        return "right"
    return f"{duration(abs(each.off(end)))} {'later' if each.off(end) > 0 else 'sooner'}"
