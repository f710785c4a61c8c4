"""The journal on a real PostgreSQL server, as several machines would share it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.journal import Journal
from armarius.functions.contracts import Outcome, Phase, Progress, Reason
from support.accounts import MOST_AT_ONCE
from support.cli import PATIENCE
from support.desk import MODEL, WEIGHTS, Bench, bench
from support.jobs import failed_report, request
from support.journal_contract import STRANGE, JournalContract
from support.postgresql import Server

TESTS = Path(__file__).parents[1]
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
PLACES = """
import sys
from armarius.client.journal import Journal
from support.accounts import begins
owner, url, *jobs = sys.argv[1:]
journal = Journal(url)
begin = begins(journal, owner)
print("ready", flush=True)
sys.stdin.readline()
print(*(job for job in jobs if begin(job)))
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


@pytest.fixture
def url(postgresql: Server) -> str:
    return postgresql.new_database()


def at_once(script: str, *each: list[str]) -> list[list[str]]:
    """Runs a script in several processes, which go on together when all are ready; returns what each prints."""
    with ExitStack() as stack:
        processes = [
            stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", "-c", script, *arguments],
                    env={**os.environ, "PYTHONPATH": str(TESTS)},
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


class TestOnPostgresql(JournalContract):
    """A journal that several processes share, and whose server may be restarted."""

    def test_processes_that_claim_at_once(self, journal: Journal, url: str) -> None:
        jobs = [f"job{number}" for number in range(30)]
        for job_id in jobs:
            journal.create(job_id, request(), now=0.0)
        won = at_once(CLAIMS, *([owner, url, *jobs] for owner in ("one", "two", "three")))
        assert sorted(job_id for each in won for job_id in each) == sorted(jobs), "each job has one winner"
        for owner, each in zip(("one", "two", "three"), won, strict=True):
            assert {journal.job(job_id).lease_owner for job_id in each} <= {owner}

    def test_processes_that_open_an_empty_journal_at_once(self, url: str) -> None:
        assert at_once(OPENS, *([url] for _ in range(4))) == [["0"]] * 4

    def test_drivers_that_place_jobs_at_once_keep_to_an_allowance(self, journal: Journal, url: str) -> None:
        """Each has jobs of its own; together they may begin as many as one could."""
        mine, theirs = ([f"{owner}{number}" for number in range(12)] for owner in ("one", "two"))
        for job_id in (*mine, *theirs):
            journal.create(job_id, request(user="anna"), now=0.0)
        begun = at_once(PLACES, ["one", url, *mine], ["two", url, *theirs])
        assert sum(map(len, begun)) == MOST_AT_ONCE, begun
        placed = [job.id for job in journal.jobs() if job.state is JobState.PLACED]
        assert sorted(placed) == sorted(job_id for each in begun for job_id in each)

    def test_a_server_that_was_restarted_is_asked_again(self, journal: Journal, postgresql: Server) -> None:
        journal.create("job1", request(), now=0.0)
        postgresql.drop_connections()
        assert journal.job("job1").id == "job1"


# Jobs ----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def made(tmp_path: Path, url: str) -> Iterator[Bench]:
    with bench(tmp_path) as ready:
        ready.journal.close()
        ready.journal = Journal(url)
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
