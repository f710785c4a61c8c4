"""How well the ends of many jobs were foretold: every one, as a page."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal
from armarius.client.report import chart
from armarius.client.report.chart import Axis, Chart, Point
from armarius.client.report.facts import Facts, gather
from armarius.client.report.page import templates
from armarius.client.report.told import Told, decisions_of, end_of, told
from armarius.client.words import count, duration, moment, percent
from armarius.functions.contracts import Progress

TIMES = ((10, "10 s"), (60, "1 min"), (600, "10 min"), (3600, "1 h"), (36_000, "10 h"), (360_000, "100 h"))
"""What is written along the axes, which are logarithmic: a job of minutes is judged as one of days is."""

FIFTH = 0.2
WORST = 10


@dataclass(frozen=True)
class Kept:
    """What a job was told once, and what came.

    Attributes:
        job: Its name.
        at: When it was told.
        foretold: Seconds from then to the end, at the latest.
        least: At the earliest.
        came: Seconds from then to the end.
    """

    job: str
    at: float
    foretold: float
    least: float
    came: float

    @property
    def right(self) -> bool:
        """Whether it came when it was told, give or take a fifth."""
        return (1 - FIFTH) * self.least <= self.came <= (1 + FIFTH) * self.foretold

    @property
    def ratio(self) -> float:
        """What came over the nearer end of what was told: 1 within it."""
        return self.came / max(1.0, min(max(self.came, self.least), self.foretold))


@dataclass(frozen=True)
class Kind:
    """All estimates of one kind: in a drawing, in words, and the worst of them."""

    title: str
    chart: Chart
    summary: str
    worst: tuple[Kept, ...]


def render_record(journal: Journal, since: float | None = None, until: float | None = None) -> str:
    """Writes a page about how well the ends of jobs were foretold: when they were placed, and when they were measured.

    Args:
        journal: The jobs.
        since: Only jobs that were asked for from then on, in seconds since 1970.
        until: And before then.
    """
    jobs = [job for job in journal.jobs() if _counts(job, since, until)]
    facts = [gather(job, _lines(journal, job), decisions=decisions_of(journal, job)) for job in jobs]
    known = [each for each in facts if end_of(each) is not None]
    kinds = (
        _kind("placement", "Told when a job was placed", _firsts(known, placing=True)),
        _kind("measuring", "Told by the run, once it had measured", _firsts(known, placing=False)),
    )
    page = templates().get_template("record.html.j2")
    asked = [each.created for each in known]
    span = f"{moment(min(asked))} to {moment(max(asked))}" if asked else ""
    return page.render(kinds=[kind for kind in kinds if kind], jobs=len(known), span=span, paper=chart)


def _counts(job: JobRow, since: float | None, until: float | None) -> bool:
    return job.state is JobState.DONE and (since or 0.0) <= job.created < (math.inf if until is None else until)


def _lines(journal: Journal, job: JobRow) -> list[Progress]:
    return [line for _, line in journal.progress(job.id)]


def _firsts(known: Iterable[Facts], *, placing: bool) -> list[Kept]:
    """Returns the first estimate of each job: later ones know more, and are nearer to the end."""
    found = []
    for facts in known:
        first = next((each for each in told(facts) if each.placing is placing), None)
        end = end_of(facts)
        if first is not None and end is not None and end > first.at:
            found.append(_kept(facts, first, end))
    return found


def _kept(facts: Facts, each: Told, end: float) -> Kept:
    return Kept(facts.id, each.at, each.latest - each.at, each.earliest - each.at, end - each.at)


def _kind(name: str, title: str, found: Sequence[Kept]) -> Kind | None:
    if not found:
        return None
    right = sum(each.right for each in found)
    ratios = sorted(each.ratio for each in found)
    worst = sorted(found, key=lambda each: -abs(math.log(max(each.ratio, 1e-9))))[:WORST]
    summary = (
        f"{count(len(found), 'job')}. {right} of them ({percent(right / len(found))}) ended when they were told to, "
        f"give or take a fifth; the middle one took {median(ratios):.2f} times what was told, the worst "
        f"{worst[0].ratio:.2f} times."
    )
    return Kind(title, _scatter(name, title, summary, found), summary, tuple(worst))


def _scatter(name: str, title: str, summary: str, found: Sequence[Kept]) -> Chart:
    values = [value for each in found for value in (each.foretold, each.came)]
    low, high = math.log10(max(1.0, min(values)) / 1.3), math.log10(max(*values, 2.0) * 1.3)
    ticks = tuple((math.log10(seconds), text) for seconds, text in TIMES if low <= math.log10(seconds) <= high)
    dots = tuple(
        Point(
            math.log10(max(1.0, each.foretold)),
            math.log10(max(1.0, each.came)),
            f"{each.job}: told {duration(each.foretold)}, came after {duration(each.came)}",
        )
        for each in found
    )
    return Chart(
        name,
        f"{title}, and what came",
        summary,
        Axis("told", low, high, ticks),
        Axis("came", low, high, ticks),
        ((Point(low, low, "as told"), Point(high, high, "as told")),),
        marks=dots,
    )
