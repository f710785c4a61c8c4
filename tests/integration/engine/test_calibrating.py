import pytest

from armarius.functions.contracts import Limits, Outcome, Reason, Task
from armarius.functions.frame import WALLTIME_VARIABLE
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import perform, same_training, tensors

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken


def test_what_fits_goes_on(straight: tuple[RunDir, EngineEnd]) -> None:
    _, end = straight
    assert end.outcome is Outcome.FINISHED, end.message
    assert end.calibration is not None
    assert end.calibration.went_on
    assert end.calibration.epochs == (3, 3)


def test_what_does_not_fit_is_paused_and_resumes_elsewhere(
    site: Site, make_spec: MakeSpec, straight: tuple[RunDir, EngineEnd]
) -> None:
    end = perform(site, make_spec("probe", Task.CALIBRATE, limits=Limits(calibration=0, walltime=1, margin=0)))
    assert (end.outcome, end.reason) == (Outcome.PAUSED, Reason.CALIBRATED), end.message
    report, reference = end.calibration, end.checkpoint
    assert report is not None
    assert reference is not None
    assert not report.went_on
    assert report.epochs == (3, 3)
    assert report.cost.steps >= 10
    assert report.cost.seconds_per_pixel > 0
    assert report.cost.checkpoint_seconds > 0
    assert 0 < report.cost.loading_share < 1
    assert report.cost.memory > 500_000_000
    assert report.seconds_left[0] == report.seconds_left[1] > 0
    assert 10 <= reference.step < 20
    assert site.run("probe").calibration() == report, "kept apart, for a run may die before its report"

    resumed = perform(site, make_spec("rest", resume_from=reference))
    assert resumed.calibration == report
    assert same_training(resumed, straight[1]), resumed.message
    assert tensors(site.run("rest")) == tensors(straight[0])

    foreign = perform(site, make_spec("foreign", resume_from=reference, lrate=0.5))
    assert (foreign.outcome, foreign.reason) == (Outcome.FAILED, Reason.BAD_CHECKPOINT)
    assert "other parameters" in foreign.message


def test_the_end_of_the_allocation_counts_as_its_supervisor_knows_it(
    site: Site, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WALLTIME_VARIABLE, "1")
    end = perform(site, make_spec("cut-short", Task.CALIBRATE, limits=Limits(calibration=0, walltime=86_400)))
    assert (end.outcome, end.reason) == (Outcome.PAUSED, Reason.CALIBRATED), end.message
