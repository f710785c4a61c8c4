"""What a job does when its run did not end by itself: the scheduler, an operator or a machine ended it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.computing import MOST_CANCELLED, MOST_IN_VAIN
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.functions.contracts import CheckpointRef, Outcome, Phase, Progress, Reason, RecognitionParameters
from support.desk import Bench, bench

CHECKPOINT = CheckpointRef(run_id="job1-1", sha256="c" * 64, size=9, epoch=1, step=50)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Bench]:
    with bench(tmp_path) as ready:
        yield ready


def last(job: JobRow) -> RunRow:
    assert job.run is not None
    return job.run


def computing(made: Bench) -> JobRow:
    """Takes the job on until its newest run is with the site."""
    for state in (JobState.CALIBRATING, JobState.TRAINING):
        try:
            return made.until(state, most=4)
        except AssertionError:
            continue
    raise AssertionError(made.journal.job("job1").error or "never computed")


def take(made: Bench, reason: Reason, *, step: int | None = None, message: str = "Slurm job 7 on c1 ended.") -> None:
    """Lets the newest run be taken away from the job."""
    run = last(computing(made))
    if step is not None:
        made.site.begin(run.id, Progress(at=1, phase=Phase.TRAINING, step=step))
    outcome = Outcome.FAILED if reason is Reason.JOB_CANCELLED else Outcome.PAUSED
    made.site.end(run.id, outcome, reason, message=message, checkpoint=CHECKPOINT)


@pytest.mark.parametrize("reason", [Reason.PREEMPTED, Reason.NODE_LOST, Reason.STOPPED, Reason.JOB_CANCELLED])
def test_what_was_taken_away_goes_on_from_its_checkpoint_and_says_why(made: Bench, reason: Reason) -> None:
    made.create()
    take(made, reason)
    made.until(JobState.PLACED)
    job = computing(made)
    assert (last(job).id, last(job).spec.resume_from) == ("job1-2", CHECKPOINT)
    assert "Slurm job 7 on c1 ended." in [event.message for event in job.events]


@pytest.mark.parametrize(("told", "noted"), [(10.0, 10.0), (-3600.0, 40.0), (3600.0, 40.0)])
def test_a_run_began_when_its_site_says_unless_the_clocks_differ(made: Bench, told: float, noted: float) -> None:
    made.create()
    run = last(computing(made))
    assert run.submitted is not None
    made.site.begin(run.id, Progress(at=run.submitted + told, phase=Phase.TRAINING))
    made.clock.pass_(40.0)
    made.until(JobState.TRAINING)
    decision = made.journal.sites.decision(run.id)
    assert decision is not None
    assert decision.begun == pytest.approx(run.submitted + noted, abs=5.0)


@pytest.mark.parametrize(("started", "noted"), [(4.0, 4.0), (-3600.0, 10.0), (3600.0, 10.0)])
def test_its_report_says_more_exactly_when_it_began(made: Bench, started: float, noted: float) -> None:
    made.create()
    run = last(computing(made))
    assert run.submitted is not None
    made.clock.pass_(40.0)
    made.site.begin(run.id, Progress(at=run.submitted + 10.0, phase=Phase.TRAINING))
    made.until(JobState.TRAINING)
    at = run.submitted + started
    made.site.end(run.id, Outcome.PAUSED, Reason.PREEMPTED, checkpoint=CHECKPOINT, started=at, ended=at + 20.0)
    made.until(JobState.PLACED)
    decision = made.journal.sites.decision(run.id)
    assert decision is not None
    assert decision.begun == pytest.approx(run.submitted + noted)


def test_a_run_teaches_once_however_often_its_end_is_looked_at(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    taught: list[str] = []
    monkeypatch.setattr("armarius.client.jobs.computing.learn", lambda _desk, run: taught.append(run.id))
    monkeypatch.setattr("armarius.client.jobs.computing.place", _unreachable)
    made.create()
    take(made, Reason.PREEMPTED)
    for _ in range(3):
        with pytest.raises(SiteUnreachable):
            made.until(JobState.PLACED)
    assert taught == ["job1-1"]


def _unreachable(*_: object) -> None:
    raise SiteUnreachable("alpha")


def test_preemption_is_no_failure_however_often_it_happens(made: Bench) -> None:
    made.create()
    for step in range(1, 3 * MOST_IN_VAIN):
        take(made, Reason.PREEMPTED, step=step)
        made.until(JobState.PLACED)
    assert not computing(made).state.final


def test_runs_that_are_taken_away_before_a_step_do_not_go_on_for_ever(made: Bench) -> None:
    made.create()
    for _ in range(MOST_IN_VAIN - 1):
        take(made, Reason.PREEMPTED)
        made.until(JobState.PLACED)
    take(made, Reason.NODE_LOST)
    job = made.until(JobState.FAILED)
    assert "before a single step" in job.error
    assert "Slurm job 7 on c1" in job.error


def test_an_operator_who_cancels_again_and_again_means_it(made: Bench) -> None:
    made.create()
    for step in range(1, MOST_CANCELLED):
        take(made, Reason.JOB_CANCELLED, step=step)
        made.until(JobState.PLACED)
    take(made, Reason.JOB_CANCELLED, step=MOST_CANCELLED)
    job = made.until(JobState.FAILED)
    assert len(job.runs) == MOST_CANCELLED
    assert "ask the site's operator" in job.error
    assert "armarius resume job1" in job.error


def test_cancelled_runs_are_not_counted_as_failures(made: Bench) -> None:
    """A run that dies after two were cancelled has two more tries, as if they had never been."""
    made.create()
    for step in (1, 2):
        take(made, Reason.JOB_CANCELLED, step=step)
        made.until(JobState.PLACED)
    for _ in range(2):
        made.site.end(last(computing(made)).id, Outcome.FAILED, Reason.ENGINE_DIED, checkpoint=CHECKPOINT)
        made.until(JobState.PLACED)


def test_a_job_that_slurm_ended_for_its_memory_gets_a_smaller_batch_and_says_why(made: Bench) -> None:
    made.create(parameters=RecognitionParameters(batch_size=8))
    said = "Slurm job 7 on c1 took more memory than its shape has."
    made.site.end(last(computing(made)).id, Outcome.FAILED, Reason.OUT_OF_MEMORY, message=said)
    made.until(JobState.PLACED)
    job = computing(made)
    assert last(job).spec.parameters.batch_size == 4
    assert said in [event.message for event in job.events]


REASONS = [Reason.PREEMPTED, Reason.NODE_LOST, Reason.JOB_CANCELLED, Reason.STOPPED]


@settings(max_examples=12, deadline=None)
@given(deaths=st.lists(st.sampled_from(REASONS), min_size=1, max_size=6))
def test_whatever_takes_its_runs_away_a_job_goes_on_or_says_why_not(
    deaths: list[Reason], tmp_path_factory: pytest.TempPathFactory
) -> None:
    with bench(tmp_path_factory.mktemp("bench")) as made:
        made.create()
        for number, reason in enumerate(deaths, 1):
            take(made, reason, step=number)
            cancelled = deaths[:number].count(Reason.JOB_CANCELLED)
            if cancelled == MOST_CANCELLED:
                assert made.until(JobState.FAILED).error
                return
            assert last(made.until(JobState.PLACED)).number == number + 1
