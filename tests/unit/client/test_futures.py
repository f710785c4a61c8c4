import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, as_completed
from threading import Event

import pytest

from armarius.client.config import PoolConfig
from armarius.client.driver import Driver
from armarius.client.errors import JobEnded, JobNotFound, PoolClosed
from armarius.client.job import Job, JobResult
from armarius.client.jobs.state import JobState
from armarius.client.pool import Pool
from armarius.functions.contracts import Outcome, Phase, Progress, Reason, RunState
from support.desk import MODEL, WEIGHTS, Bench

PATIENCE = 60.0
TRAINING = [Progress(at=at, phase=Phase.TRAINING, step=at) for at in (1, 2, 3)]

Train = Callable[[str], Job]


@pytest.fixture
def pool(made: Bench) -> Iterator[Pool]:
    with Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), made.desk()) as opened:
        yield opened


@pytest.fixture
def train(pool: Pool, made: Bench) -> Train:
    return lambda name: pool.train([made.folder / "pages"], name=name, output=made.folder / name)


def compute(made: Bench, *, end: bool = True) -> None:
    """Whatever is handed over begins, and ends well if it shall; when the driver rests, in its thread."""

    def rest(_seconds: float) -> None:
        for run_id, run in made.site.runs.items():
            if run.state is RunState.UNKNOWN:
                made.site.begin(run_id, *TRAINING)
            elif run.state is RunState.RUNNING and end:
                made.site.end(run_id, Outcome.FINISHED, models=(MODEL,))

    made.site.wait = rest


def until(made: Bench, job: Job, wanted: Callable[[Job], bool]) -> None:
    """Waits for something that another thread does."""
    pulse = Event()
    for _ in range(int(PATIENCE / 0.01)):
        if wanted(job):
            return
        pulse.wait(0.01)
    raise AssertionError(f"never: {job.status().state}, {made.site.runs}")


def is_training(job: Job) -> bool:
    return job.status().state is JobState.TRAINING


# Futures -----------------------------------------------------------------------------------------------------------


def test_several_jobs_come_true_with_one_thread(train: Train, made: Bench) -> None:
    compute(made)
    drivers: set[str] = set()
    rest = made.site.wait
    made.site.wait = lambda seconds: (drivers.add(threading.current_thread().name), rest(seconds))[1]
    futures = {train(name).future(): name for name in ("letters", "charters", "rolls")}
    came = [(futures[future], future.result()) for future in as_completed(futures, PATIENCE)]
    assert {name: result.models["safetensors"] for name, result in came} == {
        name: made.folder / name / f"{name}.safetensors" for name in futures.values()
    }
    assert drivers == {"armarius-futures"}


def test_a_job_has_one_future_until_it_ends(train: Train, made: Bench, pool: Pool) -> None:
    compute(made)
    job = train("letters")
    future = job.future()
    assert pool.job(job.id).future() is future
    assert isinstance(future.result(PATIENCE), JobResult)
    again = job.future()
    assert again is not future
    assert again.result(PATIENCE).models["safetensors"].read_bytes() == WEIGHTS
    assert not again.cancel()


def test_the_thread_ends_with_the_last_job(train: Train, made: Bench, pool: Pool) -> None:
    compute(made)
    job = train("letters")
    job.future().result(PATIENCE)
    until(made, job, lambda _job: not pool.following.active)
    assert job.wait().state is JobState.DONE


def test_cancelling_the_future_cancels_the_job(train: Train, made: Bench) -> None:
    compute(made, end=False)
    job = train("letters")
    future = job.future()
    until(made, job, is_training)
    assert future.cancel()
    assert future.cancel(), "twice is the same"
    assert list(as_completed([future], PATIENCE)) == [future]
    with pytest.raises(CancelledError):
        future.result()
    until(made, job, lambda job: job.status().state is JobState.CANCELLED)
    assert made.site.runs[f"{job.id}-1"].cancelled


def test_a_job_that_somebody_else_cancels(train: Train, made: Bench, pool: Pool) -> None:
    compute(made, end=False)
    job = train("letters")
    future = job.future()
    until(made, job, is_training)
    pool.job(job.id).cancel()
    with pytest.raises(CancelledError):
        future.result(PATIENCE)
    assert job.status().state is JobState.CANCELLED


def test_a_job_that_fails_says_why(train: Train, made: Bench) -> None:
    compute(made, end=False)
    job = train("letters")
    future = job.future()
    until(made, job, is_training)
    made.site.end(f"{job.id}-1", Outcome.FAILED, Reason.BAD_DATA, message="The third page is blank.")
    error = future.exception(PATIENCE)
    assert isinstance(error, JobEnded)
    assert "The third page is blank" in error.message


def test_a_job_that_another_process_ends(train: Train, made: Bench) -> None:
    job = train("letters")
    other = Driver(made.desk("two"))
    other.look(job.id)  # it has the lease now
    future = job.future()
    while not other.look(job.id).state.final:
        for run_id, run in made.site.runs.items():
            if run.state is RunState.UNKNOWN:
                made.site.end(run_id, Outcome.FINISHED, models=(MODEL,))
    assert future.result(PATIENCE).metrics is None


def test_a_job_that_is_not_there_any_more(made: Bench, pool: Pool) -> None:
    assert isinstance(Job(pool, "gone").future().exception(PATIENCE), JobNotFound)


def test_what_goes_wrong_unforeseen_is_not_waited_for(
    train: Train, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall(*_arguments: object) -> None:
        raise ZeroDivisionError("one by none")

    monkeypatch.setattr(pool.driver, "go_round", fall)
    job = train("letters")
    with pytest.raises(ZeroDivisionError, match="one by none"):
        job.future().result(PATIENCE)


def test_other_jobs_are_left_alone(train: Train, made: Bench) -> None:
    compute(made)
    other = train("charters")
    train("letters").future().result(PATIENCE)
    assert other.status().state is JobState.PACKED


def test_waiting_leaves_the_driving_to_the_thread(train: Train, made: Bench, pool: Pool) -> None:
    compute(made, end=False)
    first, second = train("letters"), train("charters")
    future = first.future()
    until(made, first, is_training)
    compute(made)
    mine = threading.current_thread()
    driving: list[bool] = []
    rest = made.site.wait
    made.site.wait = lambda seconds: (driving.append(threading.current_thread() is mine), rest(seconds))[1]
    seen: list[JobState] = []
    assert second.wait(lambda row: seen.append(row.state)).state is JobState.DONE
    assert seen[-1] is JobState.DONE
    assert future.result(PATIENCE)
    assert driving
    assert not any(driving)


def test_a_pool_that_is_closed_says_so_to_those_who_wait(train: Train, made: Bench, pool: Pool) -> None:
    compute(made, end=False)
    job = train("letters")
    future = job.future()
    until(made, job, is_training)
    pool.close()
    error = future.exception(PATIENCE)
    assert isinstance(error, PoolClosed)
    assert error.transient
    assert job.id in str(error)
    with pytest.raises(PoolClosed):
        job.future()
    assert made.site.runs[f"{job.id}-1"].report, "it was asked to pause"
    assert is_training(job)


# asyncio -----------------------------------------------------------------------------------------------------------


def test_jobs_can_be_awaited(train: Train, made: Bench) -> None:
    compute(made)

    async def both() -> list[JobResult]:
        return await asyncio.gather(train("letters"), train("charters").aresult())

    assert [result.output.name for result in asyncio.run(both())] == ["letters", "charters"]


def test_progress_can_be_iterated(train: Train, made: Bench) -> None:
    compute(made)

    async def lines() -> list[Progress]:
        job = train("letters")
        return [line async for line in job.aprogress()]

    assert asyncio.run(lines()) == TRAINING


def test_who_stops_waiting_does_not_cancel_the_job(train: Train, made: Bench) -> None:
    compute(made, end=False)
    job = train("letters")

    async def impatient() -> None:
        waiting = asyncio.ensure_future(job.aresult())
        await asyncio.to_thread(until, made, job, is_training)
        waiting.cancel()
        await waiting

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(impatient())
    assert is_training(job)
    compute(made)
    assert job.future().result(PATIENCE)


def test_a_job_that_was_cancelled_brings_nothing(train: Train, made: Bench) -> None:
    compute(made, end=False)
    job = train("letters")

    async def rueful() -> None:
        waiting = asyncio.ensure_future(job.aresult())
        await asyncio.to_thread(until, made, job, is_training)
        job.cancel()
        await waiting

    with pytest.raises(JobEnded, match="was cancelled"):
        asyncio.run(rueful())
