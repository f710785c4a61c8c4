"""A run whose site turns out to be far slower than was guessed pauses, and its job goes on where it is done sooner."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.placement.work import architecture_of
from armarius.functions.contracts import Phase, Progress, RecognitionParameters, TrainReport
from support.jobs import calibration
from support.several import Several, checkpoint, last, queue, several

HOURS = 3600.0
PARAMETERS = RecognitionParameters(batch_size=1, quit="fixed", epochs=50)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Several]:
    with several(tmp_path, alpha={"walltimes": ("8h",)}, beta={"walltimes": ("8h",)}) as ready:
        ready.create(parameters=PARAMETERS)
        yield ready


def known(made: Several, site: str) -> None:
    """Lets a site have computed such trainings before."""
    for _ in range(3):
        made.journal.sites.computed(site, "small", PARAMETERS.kind, architecture_of(PARAMETERS), 1e-7, 1.0)


def measured(made: Several, least: float, most: float) -> JobRow:
    """A run on alpha that nobody has tried yet, once it has told what it will take."""
    made.fakes["beta"].queue = queue(2 * HOURS)
    job = made.until(JobState.CALIBRATING)
    assert last(job).site == "alpha"
    made.fakes["beta"].queue = queue(0)
    made.clock.pass_(61)
    line = Progress(at=1.0, phase=Phase.TRAINING, step=50, seconds_left=most, seconds_left_least=least)
    made.fakes["alpha"].begin("job1-1", line)
    made.fakes["alpha"].runs["job1-1"].checkpoint = checkpoint()
    return made.until(JobState.TRAINING, most=2)


def tells_what_it_measured(made: Several) -> None:
    """Every run reports what it measured, one that has paused too."""
    run, slow = made.fakes["alpha"].runs["job1-1"], calibration(epochs=(50, 50))
    cost = slow.cost.model_copy(update={"seconds_per_pixel": 2e-5})
    assert isinstance(run.report, TrainReport)
    run.report = run.report.model_copy(update={"calibration": slow.model_copy(update={"cost": cost})})


def test_it_goes_on_elsewhere_from_its_checkpoint(made: Several) -> None:
    known(made, "beta")
    job = measured(made, 9 * HOURS, 9 * HOURS)
    assert made.fakes["alpha"].runs["job1-1"].cancelled
    assert "beta would be done in" in job.events[-1].message
    tells_what_it_measured(made)
    made.until(JobState.PLACED, most=3)
    job = made.until(JobState.TRAINING)
    assert (last(job).site, last(job).spec.resume_from) == ("beta", checkpoint())


@pytest.mark.parametrize(("least", "most"), [(1800.0, 1800.0), (600.0, 9 * HOURS)])
def test_what_may_soon_be_over_is_left_where_it_is(made: Several, least: float, most: float) -> None:
    known(made, "beta")
    measured(made, least, most)
    assert not made.fakes["alpha"].runs["job1-1"].cancelled


def test_nobody_goes_from_one_guess_to_another(made: Several) -> None:
    measured(made, 9 * HOURS, 9 * HOURS)
    assert not made.fakes["alpha"].runs["job1-1"].cancelled


def test_where_the_speed_was_known_there_is_only_more_to_compute(made: Several) -> None:
    known(made, "alpha")
    known(made, "beta")
    measured(made, 9 * HOURS, 9 * HOURS)
    assert not made.fakes["alpha"].runs["job1-1"].cancelled
