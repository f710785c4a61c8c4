"""A job leaves a queue when another site would be done with it much sooner, and not for less."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from armarius.client.jobs.advance import advance
from armarius.client.jobs.requeueing import AGAIN_LEAST, AGAIN_MOST, AGAIN_SHARE, LEAST_GAIN, MOST_LEFT
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.functions.contracts import Outcome, Phase, Progress, Reason, RecognitionParameters, RunState
from support.desk import MODEL
from support.several import Several, checkpoint, last, queue, several

HOUR = 3600.0
PARAMETERS = RecognitionParameters(batch_size=1, quit="fixed", epochs=1)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    """A job that waits on alpha, by whose estimate it begins in an hour; beta's queue is longer."""
    with several(tmp_path, alpha={"walltimes": ("8h",)}, beta={"walltimes": ("8h",)}) as ready:
        ready.fakes["alpha"].queue, ready.fakes["beta"].queue = queue(2 * HOUR), queue(20 * HOUR)
        ready.create(parameters=PARAMETERS)
        assert ready.at(ready.until(JobState.CALIBRATING)) == "alpha"
        yield ready


def later(made: Several, alpha: float, beta: float, seconds: float = AGAIN_MOST) -> JobRow:
    """What the queues say some time later, and where the job then is."""
    made.fakes["alpha"].queue, made.fakes["beta"].queue = queue(alpha), queue(beta)
    made.clock.pass_(seconds)
    return advance(made.desk(), "job1")


def test_it_leaves_a_slow_queue_when_another_site_is_free(made: Several) -> None:
    job = later(made, alpha=20 * HOUR, beta=0)
    assert (job.state, made.at(job)) == (JobState.PLACED, "beta")
    assert any("The queue of alpha is slow: elsewhere it is done about" in event.message for event in job.events)
    made.until(JobState.CALIBRATING)
    made.fakes["alpha"].begin("job1-1")  # in spite of all: nobody listens
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    made.fakes["beta"].end("job1-2", Outcome.FINISHED, models=(MODEL,))
    job = made.until(JobState.DONE)
    assert [run.id for run in job.runs if run.report_json] == ["job1-2"]


def test_it_stays_for_a_gain_that_is_too_small(made: Several) -> None:
    """It would begin here in an hour, less what it has waited; so there is little to be gained."""
    job = later(made, alpha=20 * HOUR, beta=HOUR, seconds=1.2 * HOUR - LEAST_GAIN)
    assert (job.state, len(job.runs)) == (JobState.CALIBRATING, 1)


def test_what_it_has_waited_already_counts(made: Several) -> None:
    """A newcomer would begin on beta sooner than on alpha; but it is no newcomer on alpha."""
    job = later(made, alpha=2 * HOUR, beta=1100, seconds=HOUR)
    assert (job.state, len(job.runs)) == (JobState.CALIBRATING, 1)


def test_it_is_looked_at_seldom(made: Several) -> None:
    desk = made.desk()
    decided = made.journal.sites.decision("job1-1")
    assert decided is not None
    made.clock.pass_(AGAIN_SHARE * (decided.wait + decided.work) - 1)
    before = made.fakes["beta"].calls.count("probe")
    advance(desk, "job1")
    assert made.fakes["beta"].calls.count("probe") == before
    made.clock.pass_(1)
    for _ in range(3):
        advance(desk, "job1")
    assert made.fakes["beta"].calls.count("probe") == before + 1


@pytest.mark.parametrize(("beta", "where"), [(0.0, "beta"), (150.0, "alpha")])
def test_a_job_of_minutes_leaves_for_a_gain_of_a_minute(tmp_path: Path, beta: float, where: str) -> None:
    """It is looked at the sooner, and moves for less; but not for what is within the error of all sums."""
    with several(tmp_path, alpha={"walltimes": ("8h",)}, beta={"walltimes": ("8h",)}) as made:
        made.fakes["alpha"].queue, made.fakes["beta"].queue = queue(200), queue(20 * HOUR)
        made.create(parameters=PARAMETERS)
        assert made.at(made.until(JobState.CALIBRATING)) == "alpha"
        made.clock.pass_(61 - AGAIN_LEAST)  # what was heard of beta no longer counts
        assert made.at(later(made, alpha=200, beta=beta, seconds=AGAIN_LEAST)) == where


def test_one_that_begins_in_that_moment_pauses_and_goes_on(made: Several) -> None:
    site = made.fakes["alpha"]

    def begins(_payload: dict[str, Any]) -> dict[str, Any]:
        if site.runs["job1-1"].state is RunState.UNKNOWN:
            site.begin("job1-1", Progress(at=1, phase=Phase.TRAINING, step=50))
        return {}

    site._cancel = begins
    job = later(made, alpha=20 * HOUR, beta=0)
    assert len(job.runs) == 1, "never two that both count"
    site.end("job1-1", Outcome.PAUSED, Reason.ASKED, checkpoint=checkpoint())
    job = made.until(JobState.PLACED, most=3)
    assert last(job).spec.resume_from == checkpoint()


def test_a_job_does_not_wander_for_ever(made: Several) -> None:
    queues = [0.0, 20 * HOUR]
    for _ in range(2 * MOST_LEFT + 2):
        queues.reverse()
        later(made, *queues)
        made.until(JobState.CALIBRATING)
    assert len(made.journal.job("job1").runs) <= MOST_LEFT + 1


def test_an_only_site_is_never_left(tmp_path: Path) -> None:
    with several(tmp_path, alpha={"walltimes": ("8h",)}) as made:
        made.create()
        made.until(JobState.CALIBRATING)
        made.clock.pass_(AGAIN_MOST)
        advance(made.desk(), "job1")
        assert made.fakes["alpha"].calls.count("cancel") == 0


def test_data_that_may_not_be_there_any_more_is_taken_out_of_the_queue(made: Several) -> None:
    made.add("beta", walltimes=("8h",), tags=("eu",))
    made.journal.confine("job1", ("eu",), made.clock.now())
    job = advance(made.desk(), "job1")
    assert (job.state, made.at(job)) == (JobState.PLACED, "beta")
    assert any(
        "It does not begin there: alpha lacks what the data asks for: eu." in each.message for each in job.events
    )


def test_what_has_begun_may_end_there(made: Several) -> None:
    made.fakes["alpha"].begin("job1-1", Progress(at=1, phase=Phase.TRAINING, step=50))
    advance(made.desk(), "job1")
    made.journal.confine("job1", ("eu",), made.clock.now())
    advance(made.desk(), "job1")
    made.fakes["alpha"].end("job1-1", Outcome.FINISHED, models=(MODEL,))
    assert len(made.until(JobState.DONE).runs) == 1
