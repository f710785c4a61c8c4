"""When a job would be done, as was told while it was computed, and when it was."""

from collections.abc import Sequence
from dataclasses import dataclass

from armarius.client.journal import JobRow, Journal
from armarius.client.placement.decision import Decision
from armarius.client.report.facts import Facts, Status
from armarius.functions.contracts import Phase, Progress

MINUTE = 60.0
"""Ends are told as a time of day: what is off by no more was told rightly."""

_FIRST = (Phase.PREPARING, Phase.COMPILING)


@dataclass(frozen=True)
class Told:
    """One estimate.

    Attributes:
        at: When it was told, in seconds since 1970 as all times here.
        earliest: When the job would be done at the earliest.
        latest: When at the latest.
        run: The number of the run it is of.
        placing: Whether it was told when the run was placed, before anything was measured of it.
    """

    at: float
    earliest: float
    latest: float
    run: int
    placing: bool = False

    def off(self, end: float) -> float:
        """Returns the seconds by which the end was missed: less than nothing if it came before the earliest."""
        return max(0.0, end - self.latest) - max(0.0, self.earliest - end)

    def right(self, end: float) -> bool:
        """Tells whether the end came when it was told."""
        return abs(self.off(end)) <= MINUTE


def decisions_of(journal: Journal, job: JobRow) -> dict[str, Decision]:
    """Reads why each run of a job went where it went, by its id; runs of earlier releases are left out."""
    rows = [journal.sites.decision(run.id) for run in job.runs]
    return {row.run_id: Decision.model_validate(row.decision_json) for row in rows if row is not None}


def told(facts: Facts) -> tuple[Told, ...]:
    """Returns every estimate that was told of a job, in the order in which they were."""
    found = [*_placed(facts), *_measured(facts)]
    return tuple(sorted(found, key=lambda each: each.at))


def end_of(facts: Facts) -> float | None:
    """Returns when its model was trained and tested, by the site's clock; None while it is not."""
    return facts.report.ended if facts.status is Status.DONE and facts.report else None


def _placed(facts: Facts) -> list[Told]:
    """What the sums of placement said: files, queue and computing."""
    found = []
    for run in facts.attempts:
        promised = run.decision.sum_of(run.decision.chosen) if run.decision else None
        if run.decision is not None and promised is not None:
            at = run.decision.at
            found.append(Told(at, at + promised.finish, at + promised.finish, run.number, placing=True))
    return found


def _measured(facts: Facts) -> list[Told]:
    """What the runs said themselves, with every line of progress that foretold an end."""
    return [
        Told(line.at, line.at + _least(line, most), line.at + most, number)
        for number, line in _numbered(facts.progress)
        if (most := line.seconds_left) is not None
    ]


def _numbered(progress: Sequence[Progress]) -> list[tuple[int, Progress]]:
    """Counts the runs: where one prepares itself, or the steps fall back to a checkpoint, another began."""
    number, step, found = 1, 0, []
    before = Phase.PREPARING
    for line in progress:
        anew = line.phase is Phase.PREPARING and before not in _FIRST
        if anew or 0 < line.step < step:
            number, step = number + 1, 0
        found.append((number, line))
        before, step = line.phase, max(step, line.step)
    return found


def _least(line: Progress, most: float) -> float:
    return most if line.seconds_left_least is None else min(most, line.seconds_left_least)
