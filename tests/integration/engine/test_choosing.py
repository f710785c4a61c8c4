from pathlib import Path

import pytest

from armarius.functions.contracts import Limits, Outcome, Reason, Task
from armarius.functions.engine.choosing import WORTHWHILE
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import perform, progress, run_script
from support.synthetic_dataset import draw_pages, stage

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken

CASES = Path(__file__).parent / "step_cases.py"
AUTO = {"batch_size": "auto", "precision": "auto"}
CUT = Limits(calibration=0, walltime=1, margin=0)


def test_a_short_training_is_not_searched_but_its_largest_step_is_measured(site: Site, make_spec: MakeSpec) -> None:
    end = perform(site, make_spec("short", Task.CALIBRATE, limits=Limits(calibration=0), epochs=1, **AUTO))
    assert end.outcome is Outcome.FINISHED, end.message
    assert end.choice is not None
    (trial,) = end.choice.trials
    assert (trial.batch_size, trial.precision) == (end.choice.batch_size, end.choice.precision) == (1, "32-true")
    assert trial.epoch_seconds is not None
    assert 0 < trial.epoch_seconds < WORTHWHILE
    assert trial.memory > 0
    assert end.calibration is not None
    assert end.calibration.cost.memory > trial.memory


def test_what_is_given_is_not_tried_by_a_plain_training(site: Site, trained: tuple[RunDir, EngineEnd]) -> None:
    run, end = trained
    assert end.choice is not None
    assert (end.choice.batch_size, end.choice.precision, end.choice.trials) == (2, "32-true", ())
    assert not [line for line in progress(run) if line.message.startswith("trying")]


def test_a_long_one_is_searched_and_goes_on_elsewhere_with_what_was_found(site: Site, make_spec: MakeSpec) -> None:
    many = stage(site, draw_pages(train=240, validation=6, test=6))
    spec = make_spec("long", Task.CALIBRATE, limits=CUT, dataset=many, epochs=10_000, **AUTO)
    end = perform(site, spec)
    assert (end.outcome, end.reason) == (Outcome.PAUSED, Reason.CALIBRATED), end.message
    choice = end.choice
    assert choice is not None
    tried = [(each.batch_size, each.precision) for each in choice.trials]
    offered = run_script(site, CASES, "offered")
    assert tried[: len(offered)] == [(1, precision) for precision in offered]
    assert tried[len(offered)][0] == 2
    assert (choice.batch_size, choice.precision) in tried
    said = [line.message for line in progress(site.run("long")) if line.message.startswith("trying")]
    assert said[0] == "trying batch size 1 in 32-true"
    assert len(said) == len(tried)

    rest = perform(site, make_spec("long-rest", dataset=many, resume_from=end.checkpoint, epochs=1, **AUTO))
    assert rest.outcome is Outcome.FINISHED, rest.message
    assert rest.choice == choice
    assert rest.epochs[0].step == -(-240 // choice.batch_size)


def test_a_batch_that_does_not_fit_is_survived(site: Site, make_spec: MakeSpec) -> None:
    spec = make_spec("too-much", **AUTO)
    site.run(spec.run_id).path.mkdir(parents=True)
    site.run(spec.run_id).write_spec(spec)
    found = run_script(site, CASES, "too much", spec.run_id)
    assert found["failed"] is None
    assert found["before"] > 0
    assert found["again"] > 0


def test_a_step_comes_to_krakens_own_loss_and_gradients(site: Site) -> None:
    for case, apart in run_script(site, CASES, "steps").items():
        assert max(apart.values()) < 1e-4, f"{case}: {apart}"


def test_recurrent_layers_and_the_loss_stay_in_32_bits(site: Site) -> None:
    found = run_script(site, CASES, "arithmetic")
    assert found["seen"] == [["Conv2d", "torch.bfloat16"], ["LSTM", "torch.float32"]]
    assert set(found["losses"]) == {"torch.float32"}
    assert found["still"]


def test_weights_are_gone_over_once_where_torch_can_and_come_to_the_same(site: Site) -> None:
    found = run_script(site, CASES, "one pass")
    assert {name: each["one pass"] for name, each in found.items()} == {
        "Adam": True, "AdamW": True, "SGD": True, "RMSprop": False
    }  # fmt: skip
    assert all(each["apart"] < 1e-6 for each in found.values())


def test_a_gpu_says_what_it_can_and_holds(site: Site) -> None:
    new, old, told = run_script(site, CASES, "gpus")
    assert new == {"precisions": ["32-true", "bf16-mixed"], "used": 3, "peak": 7}
    assert old == {"precisions": ["32-true"], "used": 3, "peak": 7}
    assert told == {"said": ["emptied", "forgotten"] * 2}


def test_a_gpu_that_is_not_there_is_named(site: Site, make_spec: MakeSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    end = perform(site, make_spec("no-gpu", Task.CALIBRATE, limits=Limits(gpus=1)))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.ENGINE_MISSING)
    assert "sees none" in end.message


def test_the_peak_of_main_memory_can_be_measured_anew(site: Site) -> None:
    found = run_script(site, CASES, "processor")
    assert found["used"] < found["after"] + 50_000_000, "the kernel counts the two apart"
    assert found["after"] < found["before"] - 300_000_000


def test_16_bits_are_offered_by_processors_made_for_them(site: Site, tmp_path: Path) -> None:
    both, one = ["32-true", "bf16-mixed"], ["32-true"]
    found = run_script(site, CASES, "halves", str(tmp_path))
    assert found == {"epyc": both, "arm": both, "old": one, "unknown": one}
