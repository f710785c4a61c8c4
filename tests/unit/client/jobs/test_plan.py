import pytest
from hypothesis import given
from hypothesis import strategies as st

from armarius.client.jobs.plan import BESIDE, MEMORY_MARGIN, Plan, first_plan, plan_pages, plan_rest
from armarius.client.jobs.priors import Prior
from armarius.client.placement.belief import Belief
from armarius.functions.contracts import CalibrationReport, CostModel, Shape
from armarius.functions.frame import GPU_CONTEXT

GIB = 2**30
SMALL = Shape(name="small", cpus=2, memory=4 * GIB)
LARGE = Shape(name="large", cpus=8, memory=32 * GIB)
GPU = Shape(name="gpu", cpus=4, memory=16 * GIB, gpus=1, gpu_memory=5 * GIB)
LADDER = (1800.0, 28800.0, 86400.0)
FINE = tuple(60.0 * minutes for minutes in (15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 660))


def calibrated(seconds: float = 1000, memory: int = 2 * GIB, gpu_memory: int | None = None) -> CalibrationReport:
    cost = CostModel(
        setup_seconds=20,
        seconds_per_pixel=1e-7,
        validation_seconds=5,
        checkpoint_seconds=1,
        pixels_per_epoch=10**8,
        memory=memory,
        gpu_memory=gpu_memory,
        steps=50,
    )
    return CalibrationReport(cost=cost, seconds=60, epochs=(10, 50), seconds_left=(seconds / 5, seconds), went_on=False)


def test_begins_with_the_smallest_that_is_known_to_do_and_short() -> None:
    plan = first_plan([LARGE, SMALL], LADDER, calibration=60, prior=Prior(3 * GIB, GIB))
    assert (plan.shape, plan.walltime) == (SMALL, 1800.0)
    assert first_plan([SMALL, LARGE], LADDER, 60, Prior(5 * GIB, GIB)).shape is LARGE


def test_begins_on_a_gpu_where_there_is_one_and_on_the_fewest() -> None:
    two = GPU.model_copy(update={"name": "two", "gpus": 2})
    assert first_plan([two, SMALL, GPU, LARGE], LADDER, 60, Prior(GIB, 5 * GIB)).shape is GPU


def test_begins_with_the_largest_where_nothing_is_known_to_do() -> None:
    assert first_plan([SMALL, LARGE], LADDER, 60, Prior(99 * GIB, GIB)).shape is LARGE
    wide = GPU.model_copy(update={"name": "wide", "gpu_memory": 10 * GIB})
    assert first_plan([wide, LARGE, GPU], LADDER, 60, Prior(GIB, 99 * GIB)).shape is wide


def test_the_rest_gets_the_smallest_shape_and_the_shortest_walltime_that_hold_it() -> None:
    plan = plan_rest([LARGE, SMALL], LADDER, calibrated(seconds=2000, memory=2 * GIB))
    assert (plan.shape, plan.walltime) == (SMALL, 28800.0)
    assert plan_rest([LARGE, SMALL], LADDER, calibrated(memory=8 * GIB)).shape is LARGE


def test_a_walltime_that_would_pause_just_before_the_end_is_too_short() -> None:
    """A run pauses 12 s before its end here: two checkpoints of a second, and ten for the report."""
    fits = (1800 - 12.1) / 1.15 - 20
    assert plan_rest([SMALL], LADDER, calibrated(seconds=fits)).walltime == 1800.0
    assert plan_rest([SMALL], LADDER, calibrated(seconds=fits + 1)).walltime == 28800.0


def test_without_a_ladder_there_is_no_end() -> None:
    assert plan_rest([SMALL], (), calibrated()).walltime is None


def test_what_fits_nowhere_gets_the_most_there_is() -> None:
    plan = plan_rest([SMALL, LARGE], LADDER, calibrated(seconds=1e9, memory=900 * GIB))
    assert (plan.shape, plan.walltime) == (LARGE, 86400.0)


SHARES = [
    Shape(name=f"{size}g", cpus=2, memory=8 * GIB, gpus=1, gpu_memory=size * 10**9, sharing=40 // size)
    for size in (20, 5, 10, 40)
]


@pytest.mark.parametrize(
    ("measured", "shape"),
    [(0.8, "5g"), (3.7, "5g"), (3.8, "10g"), (7.9, "10g"), (8.0, "20g"), (16.3, "40g"), (90, "40g")],
)
def test_the_smallest_share_of_a_gpu_that_holds_what_was_measured(measured: float, shape: str) -> None:
    """With a fifth more, and what CUDA takes itself; a whole GPU where no share is large enough."""
    plan = plan_rest(SHARES, LADDER, calibrated(gpu_memory=int(measured * 10**9)))
    assert plan.shape.name == shape


@given(st.integers(1, 60 * 10**9))
def test_no_share_is_planned_that_what_was_measured_would_outgrow(measured: int) -> None:
    plan = plan_rest(SHARES, LADDER, calibrated(gpu_memory=measured))
    assert plan.shape.gpu_memory >= measured * MEMORY_MARGIN + GPU_CONTEXT or plan.shape.name == "40g"


def test_gpu_memory_counts_as_well() -> None:
    assert plan_rest([SMALL, GPU], LADDER, calibrated(gpu_memory=2 * GIB)).shape is GPU


def test_the_rest_gets_the_threads_with_which_it_was_measured_where_it_can() -> None:
    assert plan_rest([SMALL, LARGE], LADDER, calibrated(), threads=8).shape is LARGE
    assert plan_rest([SMALL, LARGE], LADDER, calibrated(), threads=2).shape is SMALL
    assert plan_rest([SMALL, LARGE], LADDER, calibrated(), threads=64).shape is SMALL


def test_what_stands_beside_the_engine_needs_room_as_well() -> None:
    most = int((4 * GIB - BESIDE) / MEMORY_MARGIN)
    assert plan_rest([SMALL, LARGE], LADDER, calibrated(memory=most)).shape is SMALL
    assert plan_rest([SMALL, LARGE], LADDER, calibrated(memory=most + 1)).shape is LARGE


@given(st.floats(900, 30_000))
def test_on_a_fine_ladder_what_was_foretold_right_is_asked_for_with_less_than_twice_as_much(seconds: float) -> None:
    plan = plan_rest([SMALL], FINE, calibrated(seconds=seconds))
    assert plan.walltime is not None
    assert seconds + 20 < plan.walltime < 1.8 * (seconds + 20)


@given(st.floats(0, 80_000))
def test_the_walltime_covers_the_prediction_where_the_ladder_reaches(seconds: float) -> None:
    plan = plan_rest([SMALL], LADDER, calibrated(seconds=seconds))
    assert plan.walltime is not None
    assert plan.walltime >= min(seconds + 20, LADDER[-1])


def took(seconds_on_one: float, measured: int = 3):
    """What pages take, by the cores of a shape."""
    return lambda shape: Belief(seconds_on_one / shape.cpus, measured)


def test_pages_get_the_smallest_shape_that_does_them_within_an_hour_else_the_quickest() -> None:
    few, many = took(3000), took(20 * 3600)
    assert plan_pages([LARGE, SMALL], LADDER, Prior(GIB, GIB), few) == Plan(SMALL, 1800.0)
    assert plan_pages([LARGE, SMALL], LADDER, Prior(GIB, GIB), took(2 * 3600 + 1)).shape is LARGE
    assert plan_pages([SMALL, LARGE], LADDER, Prior(GIB, GIB), many) == Plan(LARGE, 28800.0)
    assert plan_pages([SMALL, LARGE], LADDER, Prior(8 * GIB, GIB), few).shape is LARGE
    assert plan_pages([SMALL], LADDER, Prior(8 * GIB, GIB), few).shape is SMALL, "nothing is large enough"


def test_pages_get_more_time_where_it_is_a_guess() -> None:
    assert plan_pages([SMALL], FINE, Prior(GIB, GIB), took(3600)).walltime == 45 * 60
    assert plan_pages([SMALL], FINE, Prior(GIB, GIB), took(3600, measured=0)).walltime == 90 * 60
    assert plan_pages([SMALL], (), Prior(GIB, GIB), took(3600)).walltime is None


def test_pages_get_a_gpu_where_there_is_one() -> None:
    assert plan_pages([SMALL, GPU, LARGE], LADDER, Prior(GIB, 5 * GIB), took(100)).shape is GPU
