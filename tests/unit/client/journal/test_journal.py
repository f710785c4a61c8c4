from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from armarius.client.errors import JobNotFound, JournalTooNew, LeaseLost
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from armarius.functions.contracts import Phase, Progress, RunSpec, Task
from support.jobs import SHAPE, request

SPEC = RunSpec(run_id="job1-1", task=Task.CALIBRATE, dataset="0" * 64)


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'deep' / 'journal.sqlite'}"


@pytest.fixture
def journal(url: str) -> Iterator[Journal]:
    opened = Journal(url)
    yield opened
    opened.close()


@pytest.fixture
def leased(journal: Journal) -> Journal:
    journal.create("job1", request(), now=1.0)
    assert journal.claim("job1", "me", now=1.0, seconds=60)
    return journal


def open_run(journal: Journal) -> None:
    journal.open_run(
        "job1", "me", 2.0, site="alpha", spec=SPEC, shape=SHAPE, walltime=None, number=1, message="on alpha"
    )


def test_what_was_written_is_there_after_it_was_closed(url: str) -> None:
    first = Journal(url)
    first.create("job1", request(), now=1.0, message="3 pages")
    first.close()
    second = Journal(url)
    job = second.job("job1")
    assert (job.state, job.request) == (JobState.PACKED, request())
    assert [(event.at, event.state, event.message) for event in job.events] == [(1.0, JobState.PACKED, "3 pages")]
    second.close()


def test_a_later_journal_is_left_alone(url: str) -> None:
    Journal(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE armarius_schema SET version = 99"))
    engine.dispose()
    with pytest.raises(JournalTooNew, match="99"):
        Journal(url)


def test_a_journal_of_version_1_is_opened_and_goes_on(url: str) -> None:
    first = Journal(url)
    first.create("job1", request(), now=1.0)
    first.close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE transfer"))  # which is all that version 2 added
        connection.execute(text("UPDATE armarius_schema SET version = 1"))
    second = Journal(url)
    assert second.job("job1").request == request()
    second.transfers.begin("job1-1-in", 1.0)
    second.close()
    with engine.connect() as connection:
        assert connection.execute(text("SELECT version FROM armarius_schema")).all() == [(2,)]
    engine.dispose()


def test_a_job_is_found_by_the_beginning_of_its_id(journal: Journal) -> None:
    for job_id in ("abc1", "abd2", "abc12"):
        journal.create(job_id, request(), now=1.0)
    assert journal.job("abd").id == "abd2"
    assert journal.job("abc1").id == "abc1"
    for unclear in ("ab", "zz", "", "%"):
        with pytest.raises(JobNotFound):
            journal.job(unclear)


def test_one_lease_at_a_time(journal: Journal) -> None:
    journal.create("job1", request(), now=0.0)
    assert journal.claim("job1", "one", now=0.0, seconds=60)
    assert journal.claim("job1", "one", now=50.0, seconds=60)
    assert not journal.claim("job1", "two", now=109.0, seconds=60)
    assert journal.claim("job1", "two", now=111.0, seconds=60)
    journal.give_back("job1", "one")
    assert not journal.claim("job1", "three", now=112.0, seconds=60)
    journal.give_back("job1", "two")
    assert journal.claim("job1", "three", now=112.0, seconds=60)


def test_the_lease_of_the_dead_need_not_run_out(journal: Journal) -> None:
    journal.create("job1", request(), now=0.0)
    assert journal.claim("job1", "dead", now=0.0, seconds=60)
    assert not journal.claim("job1", "two", now=1.0, seconds=60, instead_of="somebody else")
    assert journal.claim("job1", "two", now=1.0, seconds=60, instead_of="dead")


def test_a_driver_that_lost_its_lease_changes_nothing(leased: Journal) -> None:
    open_run(leased)
    assert leased.claim("job1", "other", now=100.0, seconds=60)
    with pytest.raises(LeaseLost):
        leased.move("job1", "me", JobState.DONE, 101.0)
    with pytest.raises(LeaseLost):
        leased.heard("job1", "me", SPEC.run_id, [Progress(at=0, phase=Phase.TRAINING)], 10, None)
    job = leased.job("job1")
    assert job.state is JobState.PLACED
    assert leased.progress("job1") == []


def test_progress_is_kept_in_order_and_read_from_where_one_stopped(leased: Journal) -> None:
    open_run(leased)
    lines = [Progress(at=step, phase=Phase.TRAINING, step=step) for step in range(4)]
    leased.heard("job1", "me", SPEC.run_id, lines[:2], 200, None)
    leased.heard("job1", "me", SPEC.run_id, lines[2:], 400, {"outcome": "finished"})
    read = leased.progress("job1")
    assert [line for _, line in read] == lines
    assert [line.step for _, line in leased.progress("job1", after=read[1][0])] == [2, 3]
    run = leased.job("job1").runs[0]
    assert (run.position, run.step, run.report_json) == (400, 3, {"outcome": "finished"})


def test_handing_over_is_counted_until_there_is_progress(leased: Journal) -> None:
    open_run(leased)
    for number in (1, 2):
        leased.submitting("job1", "me", SPEC.run_id, 3.0)
        assert leased.job("job1").runs[0].reference is None
        leased.submitted("job1", "me", SPEC.run_id, f"task-{number}")
    assert leased.job("job1").runs[0].submissions == 2
    leased.heard("job1", "me", SPEC.run_id, [Progress(at=0, phase=Phase.TRAINING, step=1)], 10, None)
    assert leased.job("job1").runs[0].submissions == 1


def test_lists_what_is_not_finished(leased: Journal) -> None:
    leased.create("job2", request(), now=5.0)
    leased.move("job1", "me", JobState.DONE, 6.0)
    assert [job.id for job in leased.jobs()] == ["job1", "job2"]
    assert [job.id for job in leased.jobs(unfinished_only=True)] == ["job2"]
