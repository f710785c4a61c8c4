import dataclasses
import hashlib

import pytest

from armarius.client.config import PoolConfig
from armarius.client.errors import SiteUnreachable
from armarius.client.job import Job
from armarius.client.jobs.advance import advance
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.pool import Pool
from armarius.functions.contracts import CheckpointRef, EpochModel, Outcome, Phase, Progress, Reason
from support.desk import MODEL, WEIGHTS, Bench, step

CHECKPOINT = CheckpointRef(run_id="job1-1", sha256="c" * 64, size=9, epoch=2, step=50)


def epoch(made: Bench, number: int, run_id: str) -> EpochModel:
    """The model of an epoch, which the site has."""
    content = f"epoch {number}".encode()
    sha256 = hashlib.sha256(content).hexdigest()
    made.staging.content[sha256] = content
    path = f"models/epoch_{number}.mlmodel"
    return EpochModel(
        sha256=sha256, size=len(content), path=path, format="mlmodel", run_id=run_id, epoch=number, accuracy=0.5
    )


def trained_twice(made: Bench) -> JobRow:
    """A training of three epochs that was paused after two; its end has been heard of."""
    made.create(epoch_models="mlmodel")
    _until(made, JobState.CALIBRATING)
    first = tuple(epoch(made, number, "job1-1") for number in (1, 2))
    made.site.end("job1-1", Outcome.PAUSED, Reason.WALLTIME, checkpoint=CHECKPOINT, epoch_models=first)
    _until(made, JobState.TRAINING)
    last = epoch(made, 3, "job1-2")
    made.site.end("job1-2", Outcome.FINISHED, models=(MODEL,), epoch_models=(*first, last))
    return _until(made, JobState.RETURNING)


def _until(made: Bench, *states: JobState) -> JobRow:
    for _ in range(12):
        job = step(made.desk(), "job1")
        if job.state in states:
            return job
    raise AssertionError(f"never {states}: {job.state}; {job.error}")


def home(made: Bench) -> dict[str, str]:
    return {path.name: path.read_text() for path in (made.folder / "results").glob("epochs/*")}


def test_the_epochs_of_all_runs_come_home_each_once(made: Bench) -> None:
    job = trained_twice(made)
    assert [run.spec.epoch_models for run in job.runs] == ["mlmodel", "mlmodel"]
    job = _until(made, JobState.DONE)
    assert home(made) == {f"model-epoch-00{number}.mlmodel": f"epoch {number}" for number in (1, 2, 3)}
    assert (made.folder / "results" / "model.safetensors").read_bytes() == WEIGHTS
    assert made.site.released == ["job1-1", "job1-2"]
    assert job.events[-1].message == f"results in {job.request.output}"
    pool = Pool(PoolConfig(journal="unused", home=made.folder / "home", sites=(made.config,)), made.desk())
    assert sorted(Job(pool, "job1").result().epoch_models) == [1, 2, 3]


def test_the_job_is_not_done_before_they_are_home(made: Bench) -> None:
    trained_twice(made)
    made.staging.instantly = False
    made.staging.cancel("job1-2-out")
    advance(made.desk(), "job1")
    made.staging.arrive()  # the best weights
    assert advance(made.desk(), "job1").state is JobState.RETURNING
    assert advance(made.desk(), "job1").state is JobState.RETURNING
    assert home(made) == {}
    made.staging.arrive()
    assert _until(made, JobState.DONE)
    assert len(home(made)) == 3


def test_an_epoch_that_cannot_be_had_any_more_is_told_and_the_job_is_done_all_the_same(made: Bench) -> None:
    trained_twice(made)
    made.staging.instantly = False
    advance(made.desk(), "job1")
    made.staging.arrive()
    advance(made.desk(), "job1")
    made.staging.fail("The file is gone.")
    job = _until(made, JobState.DONE)
    said = job.events[-1].message
    assert "Without model-epoch-001.mlmodel, model-epoch-002.mlmodel: The file is gone." in said
    assert "Without model-epoch-003.mlmodel: The file is gone." in said
    assert made.site.released == []  # somebody may still want to fetch them by hand


def test_the_epochs_of_a_site_that_is_configured_no_more_are_told(made: Bench) -> None:
    trained_twice(made)
    made.staging.instantly = False
    desk = made.desk()
    advance(desk, "job1")
    made.staging.arrive()  # the best weights
    elsewhere = dataclasses.replace(desk, sites={"beta": desk.sites["alpha"]})
    for _ in range(3):
        job = advance(elsewhere, "job1")
    assert job.state is JobState.DONE
    assert "Without model-epoch-003.mlmodel: alpha is configured no more." in job.events[-1].message


def test_a_cancelled_job_brings_no_epochs(made: Bench) -> None:
    trained_twice(made)
    made.staging.instantly = False
    advance(made.desk(), "job1")
    made.staging.arrive()
    advance(made.desk(), "job1")
    assert "job1-1-epochs" in made.staging.attempts
    made.journal.ask_to_cancel("job1", made.clock.now())
    _until(made, JobState.CANCELLED)
    assert "job1-1-epochs" not in made.staging.attempts


def told(number: int, model: EpochModel) -> Progress:
    return Progress(at=number, phase=Phase.WRITING, epoch=number, model=model)


def test_while_it_trains_each_epoch_comes_home_as_it_is_told_of(made: Bench) -> None:
    made.create(epoch_models="mlmodel")
    _until(made, JobState.CALIBRATING)
    made.staging.instantly = False
    desk = made.desk()
    made.site.begin("job1-1", told(1, epoch(made, 1, "job1-1")))
    advance(desk, "job1")
    made.site.begin("job1-1", told(2, epoch(made, 2, "job1-1")))
    advance(desk, "job1")
    assert home(made) == {}
    made.staging.arrive()
    assert home(made) == {"model-epoch-001.mlmodel": "epoch 1"}
    assert advance(desk, "job1").state is JobState.CALIBRATING  # and the second sets out
    made.staging.arrive()
    assert sorted(home(made)) == ["model-epoch-001.mlmodel", "model-epoch-002.mlmodel"]


def test_an_epoch_that_does_not_come_during_the_training_comes_at_its_end(made: Bench) -> None:
    made.create(epoch_models="mlmodel")
    _until(made, JobState.CALIBRATING)
    made.staging.instantly = False
    desk, model = made.desk(), epoch(made, 1, "job1-1")
    made.site.begin("job1-1", told(1, model))
    advance(desk, "job1")
    made.staging.fail("The line is broken.")
    assert advance(desk, "job1").state is JobState.CALIBRATING
    assert advance(desk, "job1").state is JobState.CALIBRATING
    made.staging.instantly = True
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,), epoch_models=(model,))
    _until(made, JobState.DONE)
    assert home(made) == {"model-epoch-001.mlmodel": "epoch 1"}


def test_an_epoch_on_its_way_when_the_training_ends_is_not_sent_twice(made: Bench) -> None:
    made.create(epoch_models="mlmodel")
    _until(made, JobState.CALIBRATING)
    desk, model = made.desk(), epoch(made, 1, "job1-1")
    made.staging.instantly = False
    made.site.begin("job1-1", told(1, model))
    advance(desk, "job1")
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,), epoch_models=(model,))
    _until(made, JobState.RETURNING)
    advance(desk, "job1")
    assert set(made.staging.attempts) >= {"job1-1-meanwhile", "job1-1-out"}
    advance(desk, "job1")
    assert "job1-1-epochs" not in made.staging.attempts
    made.staging.arrive()
    _until(made, JobState.DONE)
    assert "job1-1-epochs" not in made.staging.attempts
    assert home(made) == {"model-epoch-001.mlmodel": "epoch 1"}


def test_a_site_that_does_not_answer_delays_no_look_at_the_training(
    made: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.create(epoch_models="mlmodel")
    _until(made, JobState.CALIBRATING)

    def unreachable(_transfer: str) -> None:
        raise SiteUnreachable("Nobody answers.")

    monkeypatch.setattr(made.staging, "status", unreachable)
    made.site.begin("job1-1", told(1, epoch(made, 1, "job1-1")), Progress(at=2, phase=Phase.TRAINING, step=9))
    assert advance(made.desk(), "job1").state is JobState.TRAINING
