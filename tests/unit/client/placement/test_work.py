import pytest

from armarius.client.journal.sitetables import SpeedRow
from armarius.client.placement.work import (
    PAGE_PIXELS,
    PAGE_SPEED,
    SETUP,
    Work,
    architecture_of,
    expected_speed,
    measured_around,
    measured_page_speed,
    measured_speed,
    measured_start,
    page_processes,
    pixels_of,
    reading_of,
    speed_of,
    usual_around,
    work_left,
)
from armarius.functions.contracts import (
    Blob,
    CheckpointRef,
    Limits,
    Outcome,
    PageFault,
    PageParameters,
    PageResult,
    PagesReport,
    RecognitionParameters,
    RunSpec,
    SegmentationParameters,
    Shape,
    Task,
    Usage,
)
from support.jobs import DATASET, VERSIONS, calibration, epochs, train_report

CPU = Shape(name="cpu", cpus=4, memory=8 * 2**30)
GPU = Shape(name="gpu", cpus=4, memory=8 * 2**30, gpus=1, gpu_memory=8 * 2**30)
FIXED = RecognitionParameters(quit="fixed", epochs=30)
SPEC = RunSpec(run_id="job1-1", task=Task.CALIBRATE, dataset=DATASET)


def row(speed: float, shape: str = "cpu", architecture: str = "a") -> SpeedRow:
    return SpeedRow(shape=shape, kind="recognition", architecture=architecture, seconds_per_pixel=speed)


def test_what_is_done_needs_not_be_done_again() -> None:
    assert work_left(FIXED, None, None, 20).pixels == pytest.approx(work_left(FIXED, None, None, 0).pixels / 3)


def test_an_epoch_is_as_many_pixels_as_its_lines_are_wide() -> None:
    typical = pixels_of(FIXED, None)
    assert pixels_of(FIXED, None, 3300 / 2) == typical
    assert pixels_of(FIXED, None, 3300 / 4) == typical / 2


def test_a_calibration_knows_the_pixels_and_how_many_epochs_there_may_be() -> None:
    measured = calibration()
    left = work_left(FIXED, None, measured, 10)
    assert left.pixels == (sum(measured.epochs) / 2 - 10) * measured.cost.pixels_per_epoch


def test_a_gpu_and_more_threads_are_expected_to_be_faster() -> None:
    few = Shape(name="few", cpus=1, memory=1)
    speeds = [expected_speed("recognition", shape) for shape in (GPU, CPU, few)]
    assert speeds == sorted(speeds)


def test_a_share_of_a_gpu_is_expected_to_be_slower_and_measured_for_itself() -> None:
    share = GPU.model_copy(update={"name": "share", "sharing": 4})
    assert expected_speed("recognition", share) == 2 * expected_speed("recognition", GPU)
    rows = [row(1e-9, shape="gpu")] * 10 + [row(7e-9, shape="share")] * 10
    assert speed_of(rows, Work(1e9, "recognition", "a"), share).value == pytest.approx(7e-9, rel=0.15)


def test_a_site_is_believed_by_what_it_did_with_the_same_network() -> None:
    wanted = Work(1e9, "recognition", "a")
    rows = [row(4e-8)] * 10 + [row(9e-7, architecture="b")] * 10 + [row(1e-9, shape="gpu")] * 10
    belief = speed_of(rows, wanted, CPU)
    assert belief.measured == 10
    assert belief.value == pytest.approx(4e-8, rel=0.15)


def test_what_it_did_with_another_network_counts_where_nothing_else_is_known() -> None:
    assert speed_of([row(9e-7, architecture="b")] * 10, Work(1e9, "recognition", "a"), CPU).measured == 10


def test_a_network_is_known_by_its_text_or_by_the_model_it_comes_from() -> None:
    named = {
        architecture_of(parameters)
        for parameters in (FIXED, RecognitionParameters(spec="[1,48,0,1 Lbx100]"), SegmentationParameters())
    }
    assert len(named) == 3
    assert architecture_of(FIXED) == architecture_of(RecognitionParameters(lrate=0.5))


def test_epochs_that_were_computed_tell_the_speed() -> None:
    report = train_report(epochs=epochs(5))
    assert report.calibration is not None
    median = sorted(epoch.seconds for epoch in report.epochs)[2]
    assert measured_speed(SPEC, report) == median / report.calibration.cost.pixels_per_epoch


def test_a_calibration_alone_tells_it_too() -> None:
    report = train_report(epochs=())
    assert report.calibration is not None
    cost = report.calibration.cost
    assert measured_speed(SPEC, report) == cost.epoch_seconds / cost.pixels_per_epoch


def test_epochs_and_calibrations_of_another_run_say_nothing_of_this_site() -> None:
    reference = CheckpointRef(run_id="job1-1", sha256="c" * 64, size=1, epoch=5, step=9)
    spec = SPEC.model_copy(update={"task": Task.TRAIN, "resume_from": reference})
    assert measured_speed(spec, train_report(epochs=epochs(6))) is None
    assert measured_speed(SPEC, train_report(calibration=None)) is None


def finished(outcome: str = "finished", seconds: float = 2.0, epochs: int = 3) -> dict[str, object]:
    """What is looked at of the report of a run of 100 s."""
    own = [{"number": number, "seconds": seconds} for number in range(1, epochs + 1)]
    return {"outcome": outcome, "started": 1000.0, "ended": 1100.0, "epochs": own}


def test_what_is_no_epoch_is_learnt_from_the_begin_to_the_end() -> None:
    assert measured_around(finished(), 0) == 100 - 6
    assert measured_around(finished(), 1) == 100 - 4, "an epoch of an earlier run was elsewhere"
    assert measured_around(finished(seconds=50.0), 0) == 1.0
    assert measured_around(finished(outcome="paused"), 0) is None
    assert measured_around(finished(epochs=0), 0) is None


def test_a_new_site_is_expected_to_be_like_the_others() -> None:
    assert usual_around([[], ()]) == SETUP
    assert usual_around([[5.0, 7.0, 9.0], [], [11.0]]) == 9.0


def pages_report(seconds: float, setup: float, *faults: PageFault | None) -> PagesReport:
    pages = tuple(
        PageResult(number=number, page="p", image="a" * 64, run_id="job1-1", fault=fault)
        for number, fault in enumerate(faults)
    )
    return PagesReport(
        run_id="job1-1", task=Task.SEGMENT, outcome=Outcome.PAUSED, started=0, ended=seconds, versions=VERSIONS,
        usage=Usage(seconds=seconds, setup_seconds=setup), pages=pages,
    )  # fmt: skip


def test_a_page_takes_what_the_run_took_without_its_start() -> None:
    alone, whole = Shape(name="alone", cpus=1, memory=2**32), Limits(cpus=1, memory=2**32)

    def speed(setup: float, *faults: PageFault | None) -> float | None:
        return measured_page_speed(pages_report(130, setup, *faults), whole, alone)

    assert speed(30, None, None, None, PageFault.NO_LINES) == pytest.approx(25 / PAGE_PIXELS)
    assert speed(30, None, None, PageFault.NO_LINES, PageFault.BAD_IMAGE) == pytest.approx(100 / 3 / PAGE_PIXELS)
    assert speed(30, *[PageFault.BAD_IMAGE] * 9) is None
    assert speed(130, *[None] * 9) is None, "its clock was put back"
    assert measured_start(pages_report(130, 30, None).model_dump(mode="json")) == 30
    assert measured_start({}) is None


def test_few_pages_and_a_part_of_a_shape_say_nothing_of_what_all_of_it_does() -> None:
    large = Shape(name="large", cpus=64, memory=256 * 2**30)
    assert page_processes(large) == 64

    def speed(pages: int, **limits: int) -> float | None:
        given = Limits(**{"cpus": 64, "memory": large.memory, **limits})
        return measured_page_speed(pages_report(pages / 10, 0, *[None] * pages), given, large)

    assert speed(3 * 64) == pytest.approx(0.1 / PAGE_PIXELS)
    assert speed(3 * 64 - 1) is None
    assert speed(1) is None
    assert speed(1000, cpus=1) is None
    assert speed(1000, memory=2**32) is None


def test_pages_are_done_by_as_many_cores_as_the_memory_reaches_for() -> None:
    def on(cpus: int, gib: int, **gpu: int) -> float:
        return expected_speed("transcribe", Shape(name="s", cpus=cpus, memory=gib * 2**30, **gpu))

    assert on(1, 8) == PAGE_SPEED["transcribe"]
    assert on(4, 64) == pytest.approx(on(1, 64) / 4)
    assert on(16, 8) == pytest.approx(on(1, 8) / 2), "two processes fit"
    assert on(4, 1) == on(1, 8), "at least one"
    assert on(4, 8, gpus=1, gpu_memory=2**33) < on(1, 8)
    assert expected_speed("segment", CPU) < expected_speed("transcribe", CPU)


def test_the_speed_of_pages_hangs_on_the_models() -> None:
    own, reader = Blob(sha256="b" * 64, size=1), Blob(sha256="c" * 64, size=1)
    named = {
        reading_of(PageParameters(segmentation=finder), model) for finder in ("blla", own) for model in (None, reader)
    }
    assert len(named) == 4
    assert reading_of(PageParameters(formats=("page",)), None) == reading_of(PageParameters(), None)
