"""What becomes of a job when Transfer has a bad day, with the real client: up to the hand-over to a site."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.adapters.globus.transfer.staging import GlobusStaging
from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.ports import TransferView
from support.cli import until
from support.desk import Bench, bench

from .conftest import SECONDS_A_LOOK, Ends


class JobEnds:
    """A job whose site has a collection."""

    def __init__(self, ends: Ends, made: Bench) -> None:
        self.ends, self.made = ends, made
        made.clock = ends.clock
        made.site = ends.compute
        ends.journal.close()
        ends.journal = made.journal
        self.staging: GlobusStaging = ends.staging()
        made.staging = self.staging
        made.create()

    def look(self) -> JobRow:
        self.ends.clock.pass_(SECONDS_A_LOOK)
        return advance(self.made.desk(), "job1")

    def when(self, *states: JobState) -> JobRow:
        def so() -> JobRow | None:
            job = self.look()
            return job if job.state in states else None

        found: JobRow = until(so, f"one of {states}")
        return found

    def moving(self) -> TransferView:
        """Waits for the first bytes."""

        def so() -> TransferView | None:
            self.look()
            view = self.staging.status("job1-1-in")
            return view if view.moved else None

        found: TransferView = until(so, "the first bytes")
        return found


@pytest.fixture
def job(ends: Ends, tmp_path: Path) -> Iterator[JobEnds]:
    (tmp_path / "job").mkdir()
    with bench(tmp_path / "job") as made:
        yield JobEnds(ends, made)


def test_a_damaged_copy_costs_an_attempt_and_no_job(job: JobEnds) -> None:
    job.ends.cloud.faults.corrupt_copy()
    assert job.when(JobState.CALIBRATING, JobState.FAILED).state is JobState.CALIBRATING
    assert job.ends.compute.submitted == ["job1-1"]
    assert job.ends.tasks() == 2


def test_copies_that_are_always_damaged_end_the_job_with_the_reason(job: JobEnds) -> None:
    job.ends.cloud.faults.corrupt_copy(times=None)
    row = job.when(JobState.CALIBRATING, JobState.FAILED)
    assert row.state is JobState.FAILED
    assert "The files could not be brought to alpha. What arrived is not what was sent" in row.error
    assert "It was tried 3 times. Then: armarius resume job1" in row.error
    assert job.ends.tasks() == 3
    assert job.ends.left_over() == []


def test_a_cancelled_job_ends_its_transfer_at_transfer(job: JobEnds) -> None:
    job.ends.cloud.faults.slow_copy(1000)
    job.moving()
    job.made.journal.ask_to_cancel("job1", job.ends.clock.now())
    assert job.when(JobState.CANCELLED, JobState.FAILED).state is JobState.CANCELLED
    assert job.ends.cloud.stats().count("POST /v0.10/task/{id}/cancel") == 1
    assert job.ends.compute.submitted == []
    assert not [path for path in job.ends.own.path.rglob("*") if path.is_file()]


def test_a_pause_is_told_to_whoever_looks_at_the_job(job: JobEnds) -> None:
    fault = job.ends.cloud.faults.pause("Until Monday.")

    def told() -> str:
        row = job.made.journal.transfers.read(job.look().transfer or "")
        return row.message if row is not None and "Until" in row.message else ""

    assert "The administrator of a collection has paused it. (Until Monday.)" in until(told, "the pause")
    job.ends.cloud.faults.remove(fault)
    assert job.when(JobState.CALIBRATING, JobState.FAILED).state is JobState.CALIBRATING
