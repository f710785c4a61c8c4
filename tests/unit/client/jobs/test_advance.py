import hashlib
from pathlib import Path
from typing import Any

import pytest

from armarius.client.errors import SiteUnreachable
from armarius.client.jobs.advance import advance
from armarius.client.jobs.computing import BREATHER_SECONDS, MOST_SUBMISSIONS
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, RunRow
from armarius.client.ports import TaskState, TaskView
from armarius.functions.contracts import (
    Blob,
    CheckpointRef,
    Outcome,
    Phase,
    Progress,
    Reason,
    RecognitionParameters,
    RunState,
    Shape,
    Task,
)
from support.desk import GIB, LARGE, MODEL, SHA, SMALL, WEIGHTS, Bench, bench
from support.jobs import calibration

MIDDLE = Shape(name="middle", cpus=2, memory=8 * GIB)
CHECKPOINT = CheckpointRef(run_id="job1-1", sha256="c" * 64, size=9, epoch=1, step=50)


def until(made: Bench, state: JobState, job_id: str = "job1", most: int = 12) -> JobRow:
    return made.until(state, job_id, most)


def last(job: JobRow) -> RunRow:
    assert job.run is not None
    return job.run


def started(made: Bench, **request: Any) -> JobRow:
    """A job whose first run is with the site."""
    made.create(**request)
    return until(made, JobState.CALIBRATING)


def test_from_packed_to_done(made: Bench) -> None:
    job = started(made)
    assert [parcel.sha256 for parcel in made.staging.sent] == [
        made.packed.id,
        *(image.sha256 for image in made.packed.manifest.images()),
    ]
    assert last(job).spec.task is Task.CALIBRATE
    made.site.begin("job1-1", Progress(at=0, phase=Phase.CALIBRATING, step=5))
    assert advance(made.desk(), "job1").state is JobState.CALIBRATING
    made.site.begin("job1-1", Progress(at=1, phase=Phase.TRAINING, step=9))
    assert advance(made.desk(), "job1").state is JobState.TRAINING
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,))
    job = until(made, JobState.DONE)
    assert (job.request.output / "model.safetensors").read_bytes() == WEIGHTS
    assert [event.state.value for event in job.events] == [
        "packed", "placed", "staging", "calibrating", "training", "returning", "done",
    ]  # fmt: skip
    assert made.site.released == ["job1-1"]
    assert [line.step for _, line in made.journal.progress("job1")] == [5, 9]


def test_what_the_site_has_is_not_sent_again(made: Bench) -> None:
    made.site.held |= {image.sha256 for image in made.packed.manifest.images()}
    started(made)
    assert [parcel.sha256 for parcel in made.staging.sent] == [made.packed.id]


def test_when_the_site_has_everything_nothing_is_staged(made: Bench) -> None:
    made.site.held |= {image.sha256 for image in made.packed.manifest.images()} | {made.packed.id}
    job = started(made)
    assert made.staging.sent == []
    assert JobState.STAGING not in [event.state for event in job.events]


def test_a_calibration_that_does_not_fit_is_planned_and_resumed(made: Bench) -> None:
    started(made)
    made.site.end("job1-1", Outcome.PAUSED, Reason.CALIBRATED, checkpoint=CHECKPOINT, calibration=calibration())
    job = until(made, JobState.TRAINING)
    run = last(job)
    assert (run.id, run.task, run.spec.resume_from) == ("job1-2", Task.TRAIN, CHECKPOINT)
    made.site.end("job1-2", Outcome.FINISHED, models=(MODEL,))
    until(made, JobState.DONE)
    assert made.site.released == ["job1-1", "job1-2"]


def test_a_pause_at_the_end_of_the_walltime_goes_on(made: Bench) -> None:
    started(made)
    made.site.end("job1-1", Outcome.PAUSED, Reason.WALLTIME, checkpoint=CHECKPOINT)
    assert last(until(made, JobState.TRAINING)).spec.resume_from == CHECKPOINT


def test_walltimes_too_short_for_one_step_do_not_go_on_for_ever(made: Bench) -> None:
    started(made)
    for number in range(1, 4):
        made.site.end(f"job1-{number}", Outcome.PAUSED, Reason.WALLTIME)
        job = advance(made.desk(), "job1")
        if job.state is JobState.FAILED:
            break
        until(made, JobState.CALIBRATING)
    assert job.state is JobState.FAILED
    assert "Offer a longer one" in job.error


@pytest.mark.parametrize("state", [TaskState.FAILED, TaskState.UNKNOWN, TaskState.RETURNED])
def test_a_lost_run_is_handed_over_again_under_its_own_id(made: Bench, state: TaskState) -> None:
    started(made)
    made.site.begin("job1-1", Progress(at=0, phase=Phase.TRAINING, step=5))
    advance(made.desk(), "job1")
    made.site.lose("job1-1")
    made.site.tasks = {name: TaskView(state) for name in made.site.tasks}
    job = advance(made.desk(), "job1")
    assert made.site.runs["job1-1"].deliveries == 2
    assert [run.id for run in job.runs] == ["job1-1"]


def test_a_run_that_still_waits_in_the_queue_is_left_there(made: Bench) -> None:
    started(made)
    for _ in range(5):
        advance(made.desk(), "job1")
    assert made.site.runs["job1-1"].deliveries == 1


def test_a_run_that_never_begins_is_given_up_with_the_last_reason(made: Bench) -> None:
    started(made)
    for _ in range(MOST_SUBMISSIONS):
        made.site.lose("job1-1", "WorkerLost: it died again")
        made.clock.pass_(BREATHER_SECONDS * 2**MOST_SUBMISSIONS)
        job = advance(made.desk(), "job1")
    assert job.state is JobState.FAILED
    assert "it died again" in job.error
    assert made.site.runs["job1-1"].deliveries == MOST_SUBMISSIONS


def test_a_run_that_the_site_refuses_is_not_handed_over_again(made: Bench) -> None:
    started(made)
    refused = TaskView(TaskState.FAILED, "alpha does not take these settings.", transient=False)
    made.site.tasks = dict.fromkeys(made.site.tasks, refused)
    job = advance(made.desk(), "job1")
    assert (job.state, job.error) == (JobState.FAILED, "alpha does not take these settings.")
    assert made.site.runs["job1-1"].deliveries == 1


def test_a_site_that_loses_a_run_again_and_again_gets_longer_and_longer_breathers(made: Bench) -> None:
    started(made)
    begun = made.clock.now()
    handed_over = []
    while made.site.runs["job1-1"].deliveries < MOST_SUBMISSIONS:
        made.site.lose("job1-1")
        before = made.site.runs["job1-1"].deliveries
        advance(made.desk(), "job1")
        if made.site.runs["job1-1"].deliveries > before:
            handed_over.append(made.clock.now() - begun)
        made.clock.pass_(1)
    assert handed_over == [0, 30, 90, 210, 450, 930, 1530, 2130, 2730]


def test_unreachable_is_not_lost(made: Bench) -> None:
    started(made)
    made.site.begin("job1-1")
    made.site.reachable = False
    for _ in range(5):
        with pytest.raises(SiteUnreachable):
            advance(made.desk(), "job1")
    made.site.reachable = True
    job = advance(made.desk(), "job1")
    assert job.state is JobState.CALIBRATING
    assert made.site.runs["job1-1"].deliveries == 1


def test_an_engine_that_died_is_tried_again_from_its_checkpoint_but_not_for_ever(made: Bench) -> None:
    started(made)
    made.site.end("job1-1", Outcome.FAILED, Reason.ENGINE_DIED, message="killed", checkpoint=CHECKPOINT)
    assert last(until(made, JobState.TRAINING)).spec.resume_from == CHECKPOINT
    made.site.end("job1-2", Outcome.FAILED, Reason.ENGINE_DIED, message="killed")
    until(made, JobState.PLACED)
    until(made, JobState.TRAINING)
    made.site.end("job1-3", Outcome.FAILED, Reason.ENGINE_DIED, message="killed thrice")
    assert until(made, JobState.FAILED).error == "killed thrice"


def test_bad_data_is_not_tried_again(made: Bench) -> None:
    started(made)
    made.site.end("job1-1", Outcome.FAILED, Reason.BAD_DATA, message="page 3 is empty")
    job = until(made, JobState.FAILED)
    assert (job.error, len(job.runs)) == ("page 3 is empty", 1)


def test_want_of_memory_halves_the_batch_once(made: Bench) -> None:
    started(made, parameters=RecognitionParameters(batch_size=8))
    made.site.end("job1-1", Outcome.FAILED, Reason.OUT_OF_MEMORY, message="too much")
    job = until(made, JobState.CALIBRATING)
    assert last(job).spec.parameters.batch_size == 4
    made.site.end("job1-2", Outcome.FAILED, Reason.OUT_OF_MEMORY, message="still too much")
    assert until(made, JobState.FAILED).error == "still too much"


def test_want_of_memory_takes_larger_and_larger_shapes_first(tmp_path: Path) -> None:
    shapes = (MIDDLE, LARGE, SMALL)
    with bench(tmp_path, shapes=shapes) as made:
        started(made, parameters=RecognitionParameters(batch_size=8))
        seen = []
        for number in range(1, 5):
            run = last(until(made, JobState.CALIBRATING))
            seen.append((run.shape.name, run.spec.parameters.batch_size, run.task))
            made.site.end(f"job1-{number}", Outcome.FAILED, Reason.OUT_OF_MEMORY, message="too much")
            advance(made.desk(), "job1")
        assert seen == [
            ("small", 8, Task.CALIBRATE),
            ("middle", 8, Task.CALIBRATE),
            ("large", 8, Task.CALIBRATE),
            ("large", 4, Task.CALIBRATE),
        ]
        assert made.journal.job("job1").state is JobState.FAILED


def test_a_training_in_the_middle_goes_on_in_the_next_larger_shape_and_never_again_in_one_that_it_outgrew(
    tmp_path: Path,
) -> None:
    with bench(tmp_path, shapes=(SMALL, LARGE)) as made:
        started(made)
        made.site.end("job1-1", Outcome.PAUSED, Reason.CALIBRATED, checkpoint=CHECKPOINT, calibration=calibration())
        assert last(until(made, JobState.TRAINING)).shape == SMALL, "as was foretold"
        made.site.end("job1-2", Outcome.FAILED, Reason.OUT_OF_MEMORY, message="too much", checkpoint=CHECKPOINT)
        for number in (3, 4):
            until(made, JobState.PLACED)
            run = last(until(made, JobState.TRAINING))
            assert (run.shape, run.spec.resume_from) == (LARGE, CHECKPOINT)
            made.site.end(f"job1-{number}", Outcome.PAUSED, Reason.ASKED, checkpoint=CHECKPOINT)


def test_what_was_measured_with_many_threads_goes_on_with_as_many(tmp_path: Path) -> None:
    with bench(tmp_path, shapes=(SMALL, LARGE)) as made:
        made.config = made.config.model_copy(update={"shapes": (LARGE,)})
        started(made)
        made.config = made.config.model_copy(update={"shapes": (SMALL, LARGE)})
        for number in (1, 2):  # a later report holds the same calibration
            reason = Reason.CALIBRATED if number == 1 else Reason.ASKED
            ended = {"checkpoint": CHECKPOINT, "calibration": calibration()}
            made.site.end(f"job1-{number}", Outcome.PAUSED, reason, **ended)
            until(made, JobState.PLACED)
            assert last(until(made, JobState.TRAINING)).shape == LARGE


def test_more_memory_than_its_person_allows_is_not_asked_for(tmp_path: Path) -> None:
    with bench(tmp_path, shapes=(SMALL, LARGE)) as made:
        started(made, memory=2**30, parameters=RecognitionParameters(batch_size=1))
        made.site.end("job1-1", Outcome.FAILED, Reason.OUT_OF_MEMORY, message="too much")
        assert until(made, JobState.FAILED).error == "too much"


def test_a_dataset_that_cannot_be_read_is_complained_of_when_it_is_sent(made: Bench) -> None:
    made.create()
    (made.folder / "dataset" / "manifest.json").write_bytes(b"{")
    job = until(made, JobState.FAILED)
    assert [event.state for event in job.events] == [JobState.PACKED, JobState.PLACED, JobState.FAILED]
    assert "damaged" in job.error


def test_cancelled_before_the_site_has_it(made: Bench) -> None:
    made.create()
    made.journal.ask_to_cancel("job1", 2.0)
    assert advance(made.desk(), "job1").state is JobState.CANCELLED


def test_cancelled_while_it_is_computed(made: Bench) -> None:
    started(made)
    made.site.begin("job1-1")
    made.journal.ask_to_cancel("job1", 2.0)
    assert advance(made.desk(), "job1").state is JobState.CANCELLED
    assert made.site.runs["job1-1"].cancelled


def test_a_cancelled_job_can_be_resumed(made: Bench) -> None:
    started(made)
    made.site.begin("job1-1")
    made.site.runs["job1-1"].checkpoint = CHECKPOINT
    made.journal.ask_to_cancel("job1", 2.0)
    advance(made.desk(), "job1")
    desk = made.desk()
    assert desk.claim("job1")
    made.journal.revive("job1", desk.owner, 3.0, "begun again")
    assert last(until(made, JobState.TRAINING)).spec.resume_from == CHECKPOINT


def test_another_driver_keeps_its_hands_off(made: Bench) -> None:
    made.create()
    advance(made.desk("one"), "job1")
    before = made.journal.job("job1").state
    assert advance(made.desk("two"), "job1").state is before
    made.clock.pass_(61)
    assert advance(made.desk("two"), "job1").state is not before


def test_a_transfer_that_fails_says_why(made: Bench) -> None:
    made.create()
    made.staging.instantly = False
    until(made, JobState.STAGING)
    advance(made.desk(), "job1")
    made.staging.fail("page 1.jpg does not hold what its digest says.")
    assert "page 1.jpg" in until(made, JobState.FAILED).error


def test_a_site_without_room_is_not_sent_anything(made: Bench) -> None:
    made.create()
    made.site.disk_free = 10
    assert "0 MB free" in until(made, JobState.FAILED).error
    assert made.staging.sent == []


def test_without_a_site_the_job_waits_until_there_is_one(made: Bench) -> None:
    made.create()
    drained = made.config
    made.config = drained.model_copy(update={"drained": True})
    for _ in range(3):
        job = advance(made.desk(), "job1")
    assert job.state is JobState.WAITING
    assert [event.state.value for event in job.events] == ["packed", "waiting"]
    made.config = drained
    until(made, JobState.CALIBRATING)


def test_a_model_that_arrives_damaged_is_not_accepted(made: Bench) -> None:
    started(made)
    made.staging.content[SHA] = b"other bytes"
    made.site.end("job1-1", Outcome.FINISHED, models=(MODEL,))
    assert "could not be brought home" in until(made, JobState.FAILED).error


def test_an_evaluation_takes_the_same_way(made: Bench) -> None:
    model = made.folder / "base.mlmodel"
    model.write_bytes(b"model")
    blob = Blob(sha256=hashlib.sha256(b"model").hexdigest(), size=5)
    made.create(kind=JobKind.EVALUATE, model=blob, model_path=model)
    job = until(made, JobState.EVALUATING)
    assert last(job).task is Task.EVALUATE
    assert blob.sha256 in made.site.held
    made.site.end("job1-1", Outcome.FINISHED)
    until(made, JobState.DONE)


def test_a_run_in_the_middle_is_only_watched(made: Bench) -> None:
    started(made)
    made.site.begin("job1-1", Progress(at=0, phase=Phase.CALIBRATING, step=1))
    assert made.site.runs["job1-1"].state is RunState.RUNNING
    for _ in range(3):
        assert advance(made.desk(), "job1").state is JobState.CALIBRATING
    assert len(made.journal.progress("job1")) == 1
