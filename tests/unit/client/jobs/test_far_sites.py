"""What can go wrong with a site that is far away: it refuses, answers nonsense, vanishes, or finishes unheard."""

from threading import Event
from typing import Any

import pytest

from armarius.client.driver import Driver
from armarius.client.errors import SiteRefused, SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.functions.contracts import Outcome, Phase, Progress, RunState
from support.desk import MODEL, Bench


def computing(made: Bench) -> JobRow:
    made.create()
    while not (job := advance(made.desk(), "job1")).state.computing:
        pass
    return job


def refusing(made: Bench, *functions: str) -> None:
    """Lets the site refuse some control calls."""
    call = made.site.call

    def refuse(function: str, payload: dict[str, Any]) -> dict[str, Any]:
        if function in functions:
            raise SiteRefused(f"alpha will not {function}.")
        return call(function, payload)

    made.site.call = refuse


def resume(made: Bench) -> None:
    desk = made.desk()
    assert desk.claim("job1")
    desk.journal.revive("job1", desk.owner, made.clock.now(), "begun again")


def given_up(made: Bench) -> None:
    """The job has failed on this side; the site does not know."""
    desk = made.desk()
    assert desk.claim("job1")
    desk.fail(made.journal.job("job1"), "given up too early")


def test_a_refusal_to_tell_ends_nothing(made: Bench) -> None:
    computing(made)
    made.site.begin("job1-1")
    call = made.site.call
    refusing(made, "progress")
    for _ in range(3):
        with pytest.raises(SiteUnreachable, match="alpha will not progress"):
            advance(made.desk(), "job1")
    made.site.call = call
    assert advance(made.desk(), "job1").state is JobState.CALIBRATING


def test_an_answer_of_another_release_ends_nothing(made: Bench) -> None:
    computing(made)
    made.site.call = lambda _function, _payload: {"runs": [{"surprise": 1}]}
    with pytest.raises(SiteUnreachable, match="another release"):
        advance(made.desk(), "job1")


def test_one_site_that_talks_nonsense_does_not_end_the_service(made: Bench) -> None:
    computing(made)
    made.site.call = lambda _function, _payload: {"runs": []}
    stop, driver = Event(), Driver(made.desk())
    driver.serve(lambda _row: stop.set(), stop)
    assert "other runs than it was asked for" in driver.trouble


def test_a_fault_of_our_own_in_one_job_does_not_end_the_service(made: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    computing(made)
    stop, driver = Event(), Driver(made.desk())

    def broken(_desk: Desk, _job_id: str) -> JobRow:
        stop.set()
        raise KeyError("a mistake")

    monkeypatch.setattr("armarius.client.driver.advance", broken)
    driver.serve(lambda _row: None, stop)
    assert "a mistake" in driver.trouble


def test_what_was_never_taken_does_not_count(made: Bench) -> None:
    made.create()
    submit = made.site.submit

    def away(*_arguments: object) -> str:
        raise SiteUnreachable("Not now.")

    made.site.submit = away
    for _ in range(30):
        try:
            advance(made.desk(), "job1")
        except SiteUnreachable:
            continue
    made.site.submit = submit
    job = advance(made.desk(), "job1")
    assert (job.state, job.runs[0].submissions) == (JobState.CALIBRATING, 1)


def test_resuming_brings_home_what_was_finished_unheard(made: Bench) -> None:
    computing(made)
    given_up(made)
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,))
    resume(made)
    for _ in range(8):
        job = advance(made.desk(), "job1")
    assert (job.state, [run.id for run in job.runs]) == (JobState.DONE, ["job1-1"])


def test_resuming_tells_a_run_in_the_queue_not_to_begin(made: Bench) -> None:
    computing(made)
    given_up(made)
    resume(made)
    job = advance(made.desk(), "job1")
    assert [run.id for run in job.runs] == ["job1-1", "job1-2"]
    assert "cancel" in made.site.calls


def test_a_site_that_refuses_to_cancel_is_told_again(made: Bench) -> None:
    computing(made)
    made.site.begin("job1-1")
    call = made.site.call
    refusing(made, "cancel")
    made.journal.ask_to_cancel("job1", made.clock.now())
    with pytest.raises(SiteUnreachable):
        advance(made.desk(), "job1")
    assert not made.journal.job("job1").state.final
    made.site.call = call
    assert advance(made.desk(), "job1").state is JobState.CANCELLED
    assert made.site.runs["job1-1"].cancelled


def test_a_job_of_a_site_that_is_configured_no_more_can_be_cancelled(made: Bench) -> None:
    computing(made)
    made.journal.ask_to_cancel("job1", made.clock.now())
    desk = Desk(made.journal, {}, made.clock, made.desk().owner)
    job = advance(desk, "job1")
    assert job.state is JobState.CANCELLED
    assert "could not be told" in job.events[-1].message


def test_what_began_on_a_drained_site_ends_there(made: Bench) -> None:
    computing(made)
    made.site.begin("job1-1", Progress(at=0, phase=Phase.TRAINING, step=5))
    made.config = made.config.model_copy(update={"drained": True})
    made.site.end("job1-1", Outcome.PAUSED)
    for _ in range(5):
        job = advance(made.desk(), "job1")
    assert (job.state.computing, job.runs[-1].site, len(job.runs)) == (True, "alpha", 2)


def test_a_clock_that_is_put_back_makes_nobody_deaf(made: Bench) -> None:
    computing(made)
    made.site.begin("job1-1")
    made.site.pace = 5.0
    driver = Driver(made.desk())
    driver.look("job1")
    driver.look("job1")
    made.clock.pass_(-3600)
    made.journal.ask_to_cancel("job1", made.clock.now())
    assert driver.look("job1").state is JobState.CANCELLED
    assert made.site.runs["job1-1"].state is RunState.ENDED
