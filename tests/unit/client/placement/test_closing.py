"""Before a site is drained it takes only what will be done by then, or paused with a checkpoint."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client.jobs.advance import advance
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal import Drain
from armarius.client.placement.decision import Decision
from armarius.client.placement.work import architecture_of
from armarius.functions.contracts import RecognitionParameters
from support.several import Several, last, several

HOUR = 3600.0
SHORT = RecognitionParameters(batch_size=1, quit="fixed", epochs=1)
LONG = RecognitionParameters(batch_size=1, quit="fixed", epochs=10_000)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha={"walltimes": ("1h", "8h")}) as ready:
        yield ready


def closes(made: Several, seconds: float, lasts: float | None = None, site: str = "alpha") -> None:
    now = made.clock.now()
    ends = None if lasts is None else now + seconds + lasts
    made.journal.drains.drain(Drain(site, "anna", now, now + seconds, ends))


def slow(made: Several, *sites: str) -> None:
    """So much is to be computed that it takes some hours."""
    for site in sites:
        for _ in range(10):
            made.journal.sites.computed(site, "small", "recognition", architecture_of(LONG), 1e-6, 1.0)


def waits(made: Several, **request: Any) -> str:
    made.create(**request)
    return made.until(JobState.WAITING, most=1).events[-1].message


def test_a_walltime_that_fits_is_asked_for(made: Several) -> None:
    closes(made, 9 * HOUR)
    made.create(parameters=LONG, calibration=10 * HOUR)
    assert last(made.until(JobState.PLACED, most=1)).walltime == 8 * HOUR


def test_else_a_shorter_one_after_which_the_training_pauses(made: Several) -> None:
    closes(made, 2 * HOUR)
    made.create(parameters=LONG, calibration=10 * HOUR)
    run = last(made.until(JobState.PLACED, most=1))
    assert (run.walltime, run.spec.limits.walltime) == (HOUR, HOUR)


def test_what_has_no_time_left_waits_and_is_taken_when_the_site_is_back(made: Several) -> None:
    closes(made, 0.5 * HOUR, lasts=HOUR)
    said = waits(made, parameters=LONG)
    assert said == "No site takes it now: alpha will be drained in 30 min: the job would not be done before."
    made.clock.pass_(1.5 * HOUR)
    assert made.at(made.until(JobState.PLACED, most=1)) == "alpha"


def test_an_evaluation_is_begun_only_if_it_will_be_done(made: Several) -> None:
    closes(made, 0.5 * HOUR)
    assert "would not be done before" in waits(made, kind=JobKind.EVALUATE, parameters=LONG)


def test_where_there_is_no_end_what_is_reckoned_decides(made: Several) -> None:
    made.add("alpha")
    slow(made, "alpha")
    closes(made, 0.25 * HOUR)
    made.create("short", parameters=SHORT)
    assert made.at(made.until(JobState.PLACED, "short", most=1)) == "alpha"
    assert "would not be done before" in waits(made, parameters=LONG)


def test_another_site_takes_what_would_have_to_stop_in_the_middle(made: Several) -> None:
    for name in ("alpha", "beta"):
        made.add(name, walltimes=("20m", "8h"))
    slow(made, "alpha", "beta")
    made.fakes["alpha"].held |= {image.sha256 for image in made.packed.manifest.images()} | {made.packed.id}
    closes(made, 2 * HOUR, lasts=24 * HOUR)
    made.create(parameters=LONG, calibration=10 * HOUR)
    job = made.until(JobState.PLACED, most=1)
    assert made.at(job) == "beta"
    row = made.journal.sites.decision(last(job).id)
    assert row is not None
    total = Decision.model_validate(row.decision_json).sum_of("alpha")
    assert total is not None and (total.walltime, total.wait > 24 * HOUR) == (1200, True)


def test_files_that_were_long_on_their_way_come_too_late(made: Several) -> None:
    made.stagings["alpha"].instantly = False
    closes(made, 9 * HOUR)
    made.create(parameters=LONG, calibration=10 * HOUR)
    made.until(JobState.STAGING)
    advance(made.desk(), "job1")
    made.clock.pass_(5 * HOUR)
    made.stagings["alpha"].arrive()
    job = made.until(JobState.WAITING, most=2)
    assert "alpha will be drained in 4 h, before the run would end" in job.events[-1].message
    assert made.fakes["alpha"].runs == {}
    assert last(made.until(JobState.PLACED, most=2)).walltime == HOUR
