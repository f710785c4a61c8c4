"""What a job does when its files are on their way, and when they do not arrive."""

import pytest

from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.ports import TransferState, TransferView
from armarius.functions.contracts import Cache, Outcome
from support.desk import MODEL, WEIGHTS, Bench

IN, OUT = "job1-1-in", "job1-1-out"


def look(made: Bench, times: int = 1) -> JobRow:
    for _ in range(times):
        job = advance(made.desk(), "job1")
    return job


def staging(made: Bench) -> None:
    """A job whose files are on their way to the site."""
    made.create()
    made.staging.instantly = False
    job = look(made, 3)
    assert job.state is JobState.STAGING
    assert list(made.staging.attempts) == [IN]


def returning(made: Bench) -> None:
    """A job whose model is on its way home."""
    made.create()
    look(made, 5)
    made.site.begin("job1-1")
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,))
    made.staging.instantly = False
    assert look(made, 3).state is JobState.RETURNING
    assert OUT in made.staging.attempts


def test_while_files_move_the_site_is_not_asked(made: Bench) -> None:
    staging(made)
    made.site.calls.clear()
    look(made, 5)
    assert made.site.calls == []


def test_how_far_the_files_are_is_written_down(made: Bench) -> None:
    staging(made)
    made.staging.show(1234, "Queued.")
    job = look(made)
    assert job.transfer == IN
    row = made.journal.transfers.read(IN)
    assert row is not None
    assert (row.moved, row.message) == (1234, "Queued.")
    assert row.total == sum(parcel.size for parcel in made.staging.sent)


@pytest.mark.parametrize("before", [staging, returning])
def test_what_may_pass_is_tried_three_times(made: Bench, before: object) -> None:
    before(made)
    name = IN if before is staging else OUT
    for attempt in (1, 2, 3):
        assert made.staging.attempts[name] == attempt
        made.staging.fail("The line broke.", transient=True)
        job = look(made)
    assert job.state is JobState.FAILED
    assert "The line broke. It was tried 3 times." in job.error
    assert made.staging.status(name).state is TransferState.UNKNOWN, "forgotten, so that it can begin anew"


@pytest.mark.parametrize("before", [staging, returning])
def test_what_does_not_pass_is_tried_once(made: Bench, before: object) -> None:
    before(made)
    made.staging.fail("No room.")
    job = look(made)
    assert job.state is JobState.FAILED
    assert "No room." in job.error


def test_a_failure_is_written_down_before_the_next_attempt(made: Bench) -> None:
    staging(made)
    made.staging.fail("The line broke.", transient=True)
    look(made)
    row = made.journal.transfers.read(IN)
    assert row is not None
    assert row.message == "The line broke."
    made.staging.arrive()
    look(made, 2)
    assert made.journal.job("job1").state is JobState.CALIBRATING


def test_a_site_that_lacks_what_was_brought_is_named(made: Bench) -> None:
    staging(made)
    made.staging.arrive()
    made.site.held.pop()
    job = look(made)
    assert job.state is JobState.FAILED
    assert "All files were brought to alpha, and yet it lacks 1 of them, such as" in job.error


def test_a_model_that_vanished_can_be_fetched_again(made: Bench) -> None:
    returning(made)
    made.staging.arrive()
    home = made.folder / "results" / "model.safetensors"
    home.unlink()
    job = look(made)
    assert job.state is JobState.FAILED
    assert "It arrived, and is not there any more." in job.error
    made.staging.instantly = True
    desk = made.desk()
    assert desk.claim("job1")
    made.journal.revive("job1", desk.owner, 3.0, "begun again")
    assert look(made, 3).state is JobState.DONE
    assert home.read_bytes() == WEIGHTS


def test_a_cancelled_job_ends_its_transfers(made: Bench) -> None:
    staging(made)
    made.journal.ask_to_cancel("job1", 2.0)
    assert look(made).state is JobState.CANCELLED
    assert made.staging.attempts == {}
    assert made.staging.status(IN) == TransferView(TransferState.UNKNOWN)
    assert made.site.runs == {}


def test_a_job_that_is_cancelled_on_its_way_home_leaves_nothing_under_way(made: Bench) -> None:
    returning(made)
    made.journal.ask_to_cancel("job1", 2.0)
    assert look(made).state is JobState.CANCELLED
    assert OUT not in made.staging.attempts


def test_the_driver_that_sent_the_files_need_not_ask_for_them_again(made: Bench) -> None:
    """The site itself has just put them in their places. Another driver knows nothing of that, and asks."""
    for name, asked in (("one", 1), ("other", 2)):
        made.site.calls.clear()
        made.site.held.clear()
        job, desk = made.create(f"job-{name}"), made.desk()
        for _ in range(3):
            advance(desk, job)
            desk = desk if name == "one" else made.desk("one")
        assert made.journal.job(job).state is JobState.CALIBRATING
        assert made.site.calls.count("probe") == asked


@pytest.mark.parametrize("cache", [None, Cache(bytes=1, limit=2)])
def test_a_site_that_deletes_what_no_run_needs_is_told_of_the_run(made: Bench, cache: Cache | None) -> None:
    """Before it is looked what is there; one of an older release does not know the word."""
    made.site.cache = cache
    made.create()
    look(made, 5)
    assert "job1-1" in made.site.runs
    needed = set(made.site.held) if cache else set()
    assert set(made.site.needed.get("job1-1", ())) == needed
