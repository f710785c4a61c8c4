"""The journal on a real PostgreSQL server, as several machines would share it."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from armarius.client.errors import JobNotFound, JournalTooNew, LeaseLost
from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal, TransferStage
from armarius.client.ports import TransferState, TransferView
from armarius.functions.contracts import Outcome, Phase, Progress, Reason, RunSpec, Task
from support.cli import PATIENCE
from support.desk import MODEL, SHA, WEIGHTS, Bench, bench
from support.jobs import SHAPE, failed_report, request, train_report
from support.postgresql import Server, find_server, running_server

SPEC = RunSpec(run_id="job1-1", task=Task.CALIBRATE, dataset="0" * 64)
STRANGE = "Ligne ſ n̄ 🖋 \u202eשלום\u202c \"'\\ {}[] \x85 \x00"
"""What a page, a path or a log can hold."""

CLAIMS = """
import sys
from armarius.client.journal import Journal
owner, url, *jobs = sys.argv[1:]
journal = Journal(url)
print("ready", flush=True)
sys.stdin.readline()
print(*(job for job in jobs if journal.claim(job, owner, now=1.0, seconds=60)))
journal.close()
"""
OPENS = """
import sys
from armarius.client.journal import Journal
print("ready", flush=True)
sys.stdin.readline()
journal = Journal(sys.argv[1])
print(len(journal.jobs()))
journal.close()
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    programs, why = find_server()
    if programs is None:
        pytest.skip(why)
    with running_server(programs) as running:
        yield running


@pytest.fixture
def url(server: Server) -> str:
    return server.new_database()


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


def at_once(script: str, *each: list[str]) -> list[list[str]]:
    """Runs a script in several processes, which go on together when all are ready; returns what each prints."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", "-c", script, *arguments],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                )
            )
            for arguments in each
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        said = [process.communicate(timeout=PATIENCE) for process in processes]
    assert [process.returncode for process in processes] == [0] * len(each), [error for _, error in said]
    return [out.split() for out, _ in said]


# The contract ------------------------------------------------------------------------------------------------------


def test_what_was_written_is_there_after_it_was_closed(url: str) -> None:
    first = Journal(url)
    first.create("job1", request(), now=1.25, message="3 pages")
    first.close()
    second = Journal(url)
    job = second.job("job1")
    assert (job.state, job.request, job.created) == (JobState.PACKED, request(), 1.25)
    assert [(event.at, event.state, event.message) for event in job.events] == [(1.25, JobState.PACKED, "3 pages")]
    second.close()


def test_a_later_journal_is_left_alone(url: str) -> None:
    Journal(url).close()
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE armarius_schema SET version = 99"))
    engine.dispose()
    with pytest.raises(JournalTooNew, match="99"):
        Journal(url)


def test_a_job_is_found_by_the_beginning_of_its_id(journal: Journal) -> None:
    for job_id in ("abc1", "abd2", "abc12"):
        journal.create(job_id, request(), now=1.0)
    assert journal.job("abd").id == "abd2"
    assert journal.job("abc1").id == "abc1"
    for unclear in ("ab", "zz", "", "%", "_bd2"):
        with pytest.raises(JobNotFound):
            journal.job(unclear)


def test_one_lease_at_a_time(journal: Journal) -> None:
    journal.create("job1", request(), now=0.0)
    assert journal.claim("job1", "one", now=0.0, seconds=60)
    assert journal.claim("job1", "one", now=50.0, seconds=60)
    assert not journal.claim("job1", "two", now=109.0, seconds=60)
    assert journal.claim("job1", "two", now=109.0, seconds=60, instead_of="one")
    journal.give_back("job1", "one")
    assert not journal.claim("job1", "three", now=110.0, seconds=60)
    journal.give_back("job1", "two")
    assert journal.claim("job1", "three", now=110.0, seconds=60)


def test_a_driver_that_lost_its_lease_changes_nothing(leased: Journal) -> None:
    open_run(leased)
    assert leased.claim("job1", "other", now=100.0, seconds=60)
    with pytest.raises(LeaseLost):
        leased.move("job1", "me", JobState.DONE, 101.0)
    with pytest.raises(LeaseLost):
        leased.heard("job1", "me", SPEC.run_id, [Progress(at=0, phase=Phase.TRAINING)], 10, None)
    assert leased.job("job1").state is JobState.PLACED
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


def test_a_long_training_with_large_numbers(leased: Journal) -> None:
    open_run(leased)
    line = Progress(at=1.76e9 + 0.123456, phase=Phase.TRAINING, step=2**31 - 1, memory=2**40)
    leased.heard("job1", "me", SPEC.run_id, [line], 2**31 - 1, None)
    assert [line for _, line in leased.progress("job1")] == [line]
    assert leased.job("job1").runs[0].position == 2**31 - 1


def test_reports_come_back_as_they_were(leased: Journal) -> None:
    open_run(leased)
    report = train_report(message=STRANGE)
    leased.heard("job1", "me", SPEC.run_id, [], 0, report.model_dump(mode="json"))
    run = leased.job("job1").runs[0]
    assert run.report_json == report.model_dump(mode="json")
    assert (run.spec, run.shape, run.walltime) == (SPEC, SHAPE, None)


def test_names_and_paths_come_back_as_they_were(journal: Journal) -> None:
    wish = request(name="Lettres d’été: “ſ” 🖋", output=Path("/home/Łukasz/ä ö/\"'"))
    journal.create("job1", wish, now=0.0, message="ſ 🖋")
    assert journal.job("job1").request == wish
    assert journal.job("job1").events[0].message == "ſ 🖋"


def test_a_failure_with_any_character_can_be_written_down(leased: Journal) -> None:
    leased.move("job1", "me", JobState.FAILED, 2.0, error=STRANGE)
    job = leased.job("job1")
    assert job.state is JobState.FAILED
    assert "Ligne ſ n̄ 🖋" in job.error


def test_a_transfer_of_many_bytes_with_any_message(journal: Journal) -> None:
    log = journal.transfers
    row = log.begin("job1-1-in", 1.0)
    log.show(row.name, TransferView(TransferState.ACTIVE, 3 * 10**12, 4 * 10**12, message=STRANGE), 2.0)
    log.note(row, 3.0, stage_name=TransferStage.FAILED.value, error=STRANGE, items_json={"way": "in"})
    with pytest.raises(LeaseLost):
        log.note(row, 3.0, task_id="late")
    found = log.read(row.name)
    assert found is not None
    assert (found.moved, found.total, found.items_json) == (3 * 10**12, 4 * 10**12, {"way": "in"})
    assert found.error == found.message == STRANGE.replace("\0", "\N{SYMBOL FOR NULL}")
    assert log.begin(row.name, 4.0).attempt == 2


def test_lists_what_is_not_finished(leased: Journal) -> None:
    leased.create("job2", request(), now=5.0)
    leased.move("job1", "me", JobState.DONE, 6.0)
    assert [job.id for job in leased.jobs()] == ["job1", "job2"]
    assert [job.id for job in leased.jobs(unfinished_only=True)] == ["job2"]


# Several processes -------------------------------------------------------------------------------------------------


def test_processes_that_claim_at_once(journal: Journal, url: str) -> None:
    jobs = [f"job{number}" for number in range(30)]
    for job_id in jobs:
        journal.create(job_id, request(), now=0.0)
    won = at_once(CLAIMS, *([owner, url, *jobs] for owner in ("one", "two", "three")))
    assert sorted(job_id for each in won for job_id in each) == sorted(jobs), "each job has one winner"
    for owner, each in zip(("one", "two", "three"), won, strict=True):
        assert {journal.job(job_id).lease_owner for job_id in each} <= {owner}


def test_processes_that_open_an_empty_journal_at_once(url: str) -> None:
    assert at_once(OPENS, *([url] for _ in range(4))) == [["0"]] * 4


def test_a_server_that_was_restarted_is_asked_again(journal: Journal, server: Server) -> None:
    journal.create("job1", request(), now=0.0)
    server.drop_connections()
    assert journal.job("job1").id == "job1"


# Jobs ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path, url: str) -> Iterator[Bench]:
    with bench(tmp_path) as ready:
        ready.journal.close()
        ready.journal = Journal(url)
        ready.staging.content[SHA] = WEIGHTS
        yield ready


def until(made: Bench, *states: JobState) -> None:
    """Advances a job, each time by a driver of its own, until it is in one of the states."""
    seen = []
    for _ in range(12):
        seen.append(advance(made.desk(), "job1").state)
        if seen[-1] in states:
            return
    raise AssertionError(f"never {states}: {seen}")


def test_a_job_from_packed_to_done(made: Bench) -> None:
    made.create(name="Été ſ")
    until(made, JobState.CALIBRATING)
    made.site.begin("job1-1", Progress(at=0, phase=Phase.TRAINING, step=9, message=STRANGE))
    until(made, JobState.TRAINING)
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,), message=STRANGE)
    until(made, JobState.DONE)
    job = made.journal.job("job1")
    assert (job.request.output / "Été ſ.safetensors").read_bytes() == WEIGHTS
    assert [event.state.value for event in job.events] == [
        "packed", "placed", "staging", "calibrating", "training", "returning", "done",
    ]  # fmt: skip
    assert [line.message for _, line in made.journal.progress("job1")] == [STRANGE]


def test_a_job_that_fails_with_last_words_of_any_kind(made: Bench) -> None:
    made.create()
    until(made, JobState.CALIBRATING)
    said = failed_report(Reason.BAD_DATA, STRANGE)
    made.site.end("job1-1", said.outcome, said.reason, message=said.message)
    until(made, JobState.FAILED)
    assert "Ligne ſ" in made.journal.job("job1").error
