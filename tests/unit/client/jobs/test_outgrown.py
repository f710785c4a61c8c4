from armarius.client.jobs.outgrown import Outgrown, outgrown, want_of
from armarius.client.journal import RunRow
from armarius.functions.contracts import Outcome, Reason, Shape
from support.jobs import run, train_report

GIB = 2**30
SMALL = Shape(name="small", cpus=2, memory=4 * GIB)
LARGE = Shape(name="large", cpus=8, memory=32 * GIB)
GPU = Shape(name="gpu", cpus=4, memory=32 * GIB, gpus=1, gpu_memory=16 * GIB)
WIDE = Shape(name="wide", cpus=4, memory=32 * GIB, gpus=1, gpu_memory=32 * GIB)
OFFERED = [SMALL, LARGE, GPU, WIDE]


def starved(shape: Shape, reason: Reason = Reason.OUT_OF_MEMORY, number: int = 1) -> RunRow:
    report = train_report(outcome=Outcome.FAILED, reason=reason)
    return run(number, report, shape_json=shape.model_dump(mode="json"))


def test_what_has_outgrown_nothing_may_go_anywhere() -> None:
    assert outgrown([run(1, train_report()), run(2)]) == Outgrown()
    assert Outgrown().beyond(OFFERED) == Outgrown().as_much(OFFERED) == OFFERED
    assert want_of(run(1)) is None


def test_main_memory_and_that_of_a_gpu_are_told_apart() -> None:
    assert outgrown([starved(SMALL)]).beyond(OFFERED) == [LARGE, GPU, WIDE]
    assert outgrown([starved(LARGE)]).beyond(OFFERED) == []
    assert outgrown([starved(GPU, Reason.OUT_OF_GPU_MEMORY)]).beyond(OFFERED) == [WIDE]
    assert outgrown([starved(GPU)]).beyond(OFFERED) == [], "not to a CPU, and no GPU has more beside it"


def test_it_is_remembered_over_later_runs() -> None:
    later = run(2, train_report(outcome=Outcome.PAUSED, reason=Reason.WALLTIME))
    assert outgrown([starved(SMALL), later]).beyond(OFFERED) == [LARGE, GPU, WIDE]


def test_what_takes_less_stays_where_it_was() -> None:
    assert outgrown([starved(LARGE)]).as_much(OFFERED) == [LARGE, GPU, WIDE]
    assert outgrown([starved(WIDE, Reason.OUT_OF_GPU_MEMORY)]).as_much(OFFERED) == [WIDE]


def test_a_larger_shape_is_of_no_use_to_a_run_that_may_not_have_its_memory() -> None:
    tight = starved(SMALL)
    tight.spec_json["limits"]["memory"] = 2 * GIB
    assert outgrown([tight], most=2 * GIB).beyond(OFFERED) == []
    assert outgrown([tight], most=None).beyond(OFFERED) == OFFERED


def test_from_a_share_of_a_gpu_a_run_goes_to_the_next_larger_and_then_to_a_whole_one() -> None:
    """Running out of one's own share is running out of memory like any other."""
    half = GPU.model_copy(update={"name": "half", "gpu_memory": 8 * GIB, "sharing": 2})
    quarter = GPU.model_copy(update={"name": "quarter", "gpu_memory": 4 * GIB, "sharing": 4})
    offered = [GPU, half, quarter]
    first = starved(quarter, Reason.OUT_OF_GPU_MEMORY)
    assert outgrown([first]).beyond(offered) == [GPU, half]
    assert outgrown([first, starved(half, Reason.OUT_OF_GPU_MEMORY, 2)]).beyond(offered) == [GPU]
