"""A simulated run, by the clock."""

import random
from dataclasses import replace
from statistics import mean

import pytest

from armarius.client.placement.work import SETUP, measured_around, measured_speed
from armarius.client.testing.simulation.asking import length
from armarius.client.testing.simulation.course import CALIBRATION, TOLD, Course
from armarius.client.testing.simulation.queues import levels
from armarius.client.testing.site import VERSIONS
from armarius.functions.contracts import Outcome, Phase, Reason, RecognitionParameters, RunSpec, Task

SPEC = RunSpec(
    run_id="job1-1",
    task=Task.CALIBRATE,
    dataset="d" * 64,
    parameters=RecognitionParameters(quit="fixed", epochs=100),
)
COURSE = Course(SPEC, 1000.0, 500.0, 500.0 + SETUP + 100 * 120.0, 120.0, 1e9, 1.1, VERSIONS)


def test_it_tells_what_it_does_when_it_does_it() -> None:
    assert COURSE.next_change(0.0) == COURSE.begins
    assert COURSE.next_change(COURSE.begins) == COURSE.begins + SETUP + CALIBRATION
    assert COURSE.next_change(COURSE.calibrated) == COURSE.begins + TOLD
    assert COURSE.next_change(COURSE.ends) is None
    first, second = COURSE.lines(0, COURSE.calibrated)
    assert (first.phase, first.seconds_left, second.phase) == (Phase.CALIBRATING, None, Phase.TRAINING)
    assert second.seconds_left == pytest.approx(1.1 * (COURSE.ends - COURSE.calibrated))
    assert len(COURSE.lines(2, COURSE.begins + 2 * TOLD)) == 2


def test_a_checkpoint_holds_the_epochs_done() -> None:
    assert COURSE.checkpoint(COURSE.begins + 60) is None
    reference = COURSE.checkpoint(COURSE.begins + SETUP + 10 * 120.0 + 1)
    assert reference is not None
    assert reference.epoch == 10


def test_a_run_that_pauses_reports_what_it_measured() -> None:
    report = COURSE.report(COURSE.begins + 3600, Outcome.PAUSED, Reason.ASKED)
    assert report.calibration is not None
    assert report.calibration.cost.epoch_seconds == pytest.approx(120.0)
    assert COURSE.report(COURSE.begins + 60, Outcome.PAUSED, Reason.ASKED).calibration is None


@pytest.mark.parametrize("epochs", [1, 2, 4, 100])
def test_the_pool_learns_from_its_report_what_is_true(epochs: int) -> None:
    course = replace(COURSE, ends=COURSE.begins + SETUP + epochs * 120.0)
    report = course.report(course.ends, Outcome.FINISHED)
    assert measured_around(report.model_dump(mode="json"), 0) == pytest.approx(SETUP)
    assert measured_speed(SPEC, report) == pytest.approx(120.0 / 1e9)


def test_a_queue_is_empty_as_often_and_as_long_on_average_as_is_published() -> None:
    found = levels(random.Random(1), 1000.0, 0.6, 50_000)
    assert sum(1 for level in found if not level) / len(found) == pytest.approx(0.6, abs=0.03)
    assert mean(found) == pytest.approx(1000.0, rel=0.05)


def test_most_trainings_are_short_and_none_is_longer_than_45_hours() -> None:
    chance = random.Random(1)
    found = sorted(length(chance) for _ in range(20_000))
    assert found[10_000] < 1200 < found[16_000]
    assert found[-1] <= 162_755
