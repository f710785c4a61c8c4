from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Event, Thread, current_thread
from typing import Any

import pytest

from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.local_staging import LocalStaging
from armarius.client.adapters.parsl_compute import ParslCompute
from armarius.client.config import PoolConfig
from armarius.client.driver import Driver, together
from armarius.client.jobs.owner import is_gone, this_process
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.links import open_desk
from armarius.client.ports import TransferView
from armarius.functions.contracts import Outcome, Phase, Progress, RunState
from support.desk import MODEL, Bench
from support.several import several

TRAINING = Progress(at=0, phase=Phase.TRAINING, step=5)


@pytest.fixture
def driver(made: Bench) -> Driver:
    return Driver(made.desk())


def when_resting(made: Bench, do: Callable[[], None]) -> None:
    """Lets something happen while the driver waits."""
    made.site.wait = lambda _seconds: do()


def compute_all(made: Bench) -> None:
    for run_id, run in made.site.runs.items():
        if run.state is not RunState.ENDED:
            made.site.end(run_id, Outcome.FINISHED, models=(MODEL,))


def until_computing(driver: Driver, made: Bench, job_id: str = "job1") -> None:
    while not made.journal.job(job_id).state.computing:
        driver.look(job_id)


def stopped() -> Event:
    stop = Event()
    stop.set()
    return stop


def nothing(_row: JobRow) -> None:
    return


# One job -----------------------------------------------------------------------------------------------------------


def test_drives_a_job_to_its_end_and_shows_each_look(driver: Driver, made: Bench) -> None:
    made.create()
    when_resting(made, lambda: compute_all(made))
    seen: list[JobState] = []
    job = driver.drive("job1", lambda row: seen.append(row.state), Event())
    assert job.state is JobState.DONE
    assert (seen[0], seen[-1]) == (JobState.PLACED, JobState.DONE)


def test_leaves_a_job_when_it_is_told_to_stop(driver: Driver, made: Bench) -> None:
    made.create()
    stop = Event()
    when_resting(made, stop.set)
    assert not driver.drive("job1", nothing, stop).state.final


@pytest.mark.parametrize(
    "other",
    [
        lambda driver: driver.look("job1"),
        lambda driver: driver.drive("job1", nothing, stopped()),
        lambda driver: driver.go_round(nothing, Event()),
    ],
)
def test_two_threads_that_drive_take_turns(driver: Driver, made: Bench, other: Callable[[Driver], None]) -> None:
    made.create()
    began, second = Event(), Thread(target=other, args=(driver,))
    together: list[bool] = []

    @contextmanager
    def around(_job: str) -> Iterator[None]:
        if current_thread() is second:
            began.set()
        else:
            second.start()
            together.append(began.wait(0.2))
        yield

    driver.around = around
    driver.look("job1")
    second.join()
    assert together == [False]
    assert began.is_set()
    assert [run.number for run in made.journal.job("job1").runs] == [1]


def test_a_site_that_is_far_away_is_not_asked_more_often_than_its_pace_allows(driver: Driver, made: Bench) -> None:
    made.create()
    until_computing(driver, made)
    made.site.begin("job1-1")
    made.site.pace = 5.0
    driver.look("job1")
    made.site.calls.clear()
    for _ in range(9):
        made.clock.pass_(1)
        driver.look("job1")
    assert made.site.calls == ["progress"]


def test_files_on_their_way_are_looked_at_sooner_at_first(
    driver: Driver, made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the pace of their site, which is not asked for that."""
    made.create()
    made.staging.instantly = False
    made.site.pace = 10.0
    while driver.look("job1").state is not JobState.STAGING:
        pass
    made.site.calls.clear()
    begun, looks, status = made.clock.now(), list[float](), made.staging.status

    def noted(transfer: str) -> TransferView:
        looks.append(made.clock.now() - begun)
        return status(transfer)

    monkeypatch.setattr(made.staging, "status", noted)
    for _ in range(240):
        made.clock.pass_(1)
        driver.look("job1")
    assert len([at for at in looks if at <= 10]) >= 8
    assert 5 <= len([at for at in looks if at > 180]) <= 8
    assert made.site.calls == []


def test_one_call_hears_of_all_runs_of_a_site(driver: Driver, made: Bench) -> None:
    for number in range(3):
        made.create(f"job{number}")
        until_computing(driver, made, f"job{number}")
        made.site.begin(f"job{number}-1", TRAINING)
    made.site.calls.clear()
    stop = Event()
    seen: dict[str, int] = {}

    def note(row: JobRow) -> None:
        seen[row.id] = row.runs[0].step
        if len(seen) == 3:
            stop.set()

    driver.serve(note, stop)
    assert seen == {f"job{number}": TRAINING.step for number in range(3)}
    assert made.site.calls == ["progress"]


def test_a_job_whose_turn_comes_while_others_are_looked_at_is_not_asked_for_alone(driver: Driver, made: Bench) -> None:
    made.site.pace = 1.0
    for number in range(9):
        made.create(f"job{number}")
        until_computing(driver, made, f"job{number}")
        made.site.begin(f"job{number}-1", TRAINING)
    made.clock.pass_(3)
    for number in range(6):
        driver.look(f"job{number}")  # which puts off the next look at these
        driver.look(f"job{number}")
    made.site.calls.clear()
    seen = list[str]()

    def slowly(row: JobRow) -> None:
        seen.append(row.id)
        made.clock.pass_(0.5)

    driver.go_round(slowly, Event())
    assert (len(seen), made.site.calls) == (9, ["progress"])
    driver.go_round(slowly, Event())
    assert made.site.calls == ["progress", "progress"]


def test_all_sites_are_asked_at_the_same_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that is slow to answer must not hold up the others."""
    with several(tmp_path, alpha={}, beta={}) as made:
        driver, both = Driver(made.desk()), Barrier(2, timeout=10)

        def when_both(answer: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[dict[str, Any]], dict[str, Any]]:
            def call(payload: dict[str, Any]) -> dict[str, Any]:
                both.wait()
                return answer(payload)

            return call

        for name, fake in made.fakes.items():
            made.create(name, site=name)
            while not made.journal.job(name).state.computing:
                driver.look(name)
            fake.begin(f"{name}-1", TRAINING)
            monkeypatch.setattr(fake, "_progress", when_both(fake._progress))
        seen: dict[str, int] = {}
        driver.go_round(lambda row: seen.update({row.id: row.runs[0].step}), Event())
        assert seen == {"alpha": TRAINING.step, "beta": TRAINING.step}


@pytest.mark.parametrize("tell", [lambda driver: driver.go_round(nothing, Event()), lambda driver: driver.close()])
def test_one_call_lets_a_site_delete_what_it_kept_of_many_runs(
    driver: Driver, made: Bench, tell: Callable[[Driver], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(3):
        made.create(f"job{number}")
        until_computing(driver, made, f"job{number}")
    compute_all(made)
    for number in range(3):
        while not driver.look(f"job{number}").state.final:
            pass
    assert made.site.released == []
    made.site.calls.clear()
    monkeypatch.setattr(made.site, "close", lambda: made.site.calls.append("close"))
    tell(driver)
    assert made.site.calls[0] == "release", "as long as there is a way to the site"
    assert made.site.calls.count("release") == 1
    assert made.site.released == [f"job{number}-1" for number in range(3)]


@pytest.mark.parametrize("begun", [100.0, 101.0, 102.4, 102.6, 104.9])
def test_jobs_that_begin_at_different_times_are_looked_at_together(begun: float) -> None:
    later = together(begun, 5.0)
    assert later % 5.0 == 0
    assert 2.5 <= later - begun <= 7.5
    assert together(later, 5.0) == later + 5.0


def test_a_run_of_which_there_is_nothing_new_is_only_asked_for(
    driver: Driver, made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.create()
    until_computing(driver, made)
    made.site.begin("job1-1", TRAINING)
    driver.look("job1")
    made.site.calls.clear()
    looks: list[str] = []
    monkeypatch.setattr(made.journal, "job", lambda job_id: pytest.fail(f"{job_id} was read again"))
    stop = Event()

    def note(row: JobRow) -> None:
        looks.append(row.id)
        if len(looks) == 3:
            stop.set()

    driver.serve(note, stop)
    assert made.site.calls == ["progress"] * 3
    monkeypatch.undo()
    made.journal.ask_to_cancel("job1", made.clock.now())
    when_resting(made, lambda: compute_all(made))
    stop.clear()
    driver.serve(lambda row: stop.set() if row.state is JobState.CANCELLED else None, stop)
    assert made.site.runs["job1-1"].cancelled


def test_a_far_site_that_does_not_answer_fails_each_job_softly(driver: Driver, made: Bench) -> None:
    made.create()
    until_computing(driver, made)
    made.site.reachable = False
    stop = Event()
    driver.serve(lambda _row: stop.set(), stop)
    assert driver.trouble == "The fake site does not answer."


def test_what_a_cluster_computes_goes_on_when_its_driver_leaves(driver: Driver, made: Bench) -> None:
    made.create()
    until_computing(driver, made)
    made.site.begin("job1-1")
    made.site.lasting = True
    driver.look("job1")
    driver.close()
    assert "cancel" not in made.site.calls


def test_a_site_that_does_not_answer_is_noted_and_nothing_is_lost(driver: Driver, made: Bench) -> None:
    made.create()
    until_computing(driver, made)
    made.site.reachable = False
    before = driver.look("job1")
    assert driver.trouble == "The fake site does not answer."
    assert (before.state, before.runs[0].submissions) == (JobState.CALIBRATING, 1)
    made.site.reachable = True
    assert driver.look("job1").state is JobState.CALIBRATING
    assert driver.trouble == ""


def test_a_job_that_another_drives_is_only_looked_at(made: Bench) -> None:
    made.create()
    first, second = Driver(made.desk("one")), Driver(made.desk("two"))
    assert first.look("job1").state is JobState.PLACED
    assert second.look("job1").state is JobState.PLACED
    assert second.trouble == ""
    first.close()
    assert second.look("job1").state is JobState.STAGING


# All jobs ----------------------------------------------------------------------------------------------------------


def test_serve_takes_up_jobs_that_come_later(driver: Driver, made: Bench) -> None:
    made.create("job1")
    stop = Event()

    def between() -> None:
        compute_all(made)
        if made.journal.job("job1").state.final and len(made.journal.jobs()) == 1:
            made.create("job2", output=made.folder / "results")
        if len(made.journal.jobs()) == 2 and not made.journal.jobs(unfinished_only=True):
            stop.set()

    when_resting(made, between)
    seen: list[str] = []
    driver.serve(lambda row: seen.append(row.id), stop)
    assert [job.state for job in made.journal.jobs()] == [JobState.DONE, JobState.DONE]
    assert seen == sorted(seen), "the second came when the first was done"


def test_serve_goes_on_with_others_while_one_site_fails(driver: Driver, made: Bench) -> None:
    made.create("bad", dataset_dir=made.folder / "gone")
    made.create("good")
    stop = Event()

    def between() -> None:
        compute_all(made)
        if not made.journal.jobs(unfinished_only=True):
            stop.set()

    when_resting(made, between)
    driver.serve(nothing, stop)
    assert {job.id: job.state for job in made.journal.jobs()} == {"bad": JobState.FAILED, "good": JobState.DONE}
    assert "gone" in made.journal.job("bad").error


def test_serve_stops_between_two_jobs(driver: Driver, made: Bench) -> None:
    made.create("job1")
    made.create("job2")
    stop = Event()
    driver.serve(lambda _row: stop.set(), stop)
    assert [job.state for job in made.journal.jobs()] == [JobState.PLACED, JobState.PACKED]


def test_serve_that_is_told_before_does_nothing(driver: Driver, made: Bench) -> None:
    made.create()
    stop = Event()
    stop.set()
    driver.serve(nothing, stop)
    assert made.journal.job("job1").state is JobState.PACKED


# Leaving -----------------------------------------------------------------------------------------------------------


def test_leaving_pauses_what_this_process_computes(driver: Driver, made: Bench) -> None:
    made.create()
    until_computing(driver, made)
    made.site.begin("job1-1", TRAINING)
    driver.look("job1")
    driver.close()
    run = made.site.runs["job1-1"]
    assert run.report is not None
    assert run.report.outcome is Outcome.PAUSED
    job = made.journal.job("job1")
    assert (job.state, job.lease_owner) == (JobState.TRAINING, None)


def test_leaving_lets_alone_what_another_drives_or_what_waits(made: Bench) -> None:
    made.create("job1")
    made.create("job2", output=made.folder / "results")
    mine, other = Driver(made.desk("one")), Driver(made.desk("two"))
    until_computing(other, made, "job1")
    made.site.begin("job1-1", TRAINING)
    mine.look("job1")
    until_computing(mine, made, "job2")
    mine.close()
    assert (made.site.runs["job1-1"].state, made.site.runs["job2-1"].state) == (RunState.RUNNING, RunState.UNKNOWN)
    assert made.journal.job("job1").lease_owner is not None


def test_leases_are_given_back_even_if_the_site_does_not_answer(driver: Driver, made: Bench) -> None:
    made.create()
    until_computing(driver, made)
    made.site.reachable = False
    try:
        driver.close()
    finally:
        assert made.journal.job("job1").lease_owner is None


# The desk ----------------------------------------------------------------------------------------------------------


def test_the_desk_of_this_process(made: Bench) -> None:
    desk = open_desk(PoolConfig(journal="unused", home=made.folder, sites=(made.config,)), made.journal)
    assert (desk.owner, is_gone(desk.owner)) == (this_process(), False)
    assert isinstance(desk.clock, SystemClock)
    (link,) = desk.sites.values()
    assert isinstance(link.compute, ParslCompute)
    assert isinstance(link.staging, LocalStaging)
    Driver(desk).close()
