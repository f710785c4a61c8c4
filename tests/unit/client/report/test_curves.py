import pytest

from armarius.client.report.curves import MOST_POINTS, accuracy_curve, loss_curve, memory_curve
from armarius.client.report.epochs import epochs_of
from armarius.client.report.facts import gather
from armarius.functions.contracts import Epoch, Phase, Progress
from support.jobs import START, calibration, epochs, fine_tuned, job, progress, run, trained


def test_the_best_epoch_is_marked():
    facts = gather(trained(), [])
    curve = accuracy_curve(facts, epochs_of(facts))
    assert curve.column.value == 17
    assert curve.column.label.startswith("best: epoch 17, 92.")
    assert "the best is" in curve.summary


def test_the_base_model_is_a_line_across():
    facts = gather(job([run(1, fine_tuned(improved=True))]), [])
    curve = accuracy_curve(facts, epochs_of(facts))
    assert curve.row.label == "base model 91.8 %"
    assert curve.row.value == pytest.approx(0.9175)
    assert curve.summary.endswith("The base model read 91.8 % of the characters.")


def test_an_epoch_without_a_loss_is_left_out():
    silent = Epoch(number=1, step=1, loss=None, accuracy=0.1, seconds=1)
    facts = gather(trained(epochs=(silent, *epochs(2, first=2)), best_epoch=3), [])
    known = epochs_of(facts)
    assert [point.x for point in loss_curve(facts, known).lines[0]] == [2, 3]
    facts = gather(trained(epochs=(silent,), best_epoch=1), [])
    assert loss_curve(facts, epochs_of(facts)) is None


def test_a_single_epoch_can_be_drawn():
    facts = gather(trained(epochs=epochs(1), best_epoch=1), [])
    curve = accuracy_curve(facts, epochs_of(facts))
    assert curve.across(1) < curve.across(2)


def test_without_an_epoch_there_is_no_curve():
    facts = gather(job([run(1)]), [])
    assert accuracy_curve(facts, ()) is None
    assert loss_curve(facts, ()) is None


def test_memory_begins_anew_with_each_run():
    lines = progress(epochs(4)) + progress(epochs(6)[4:], 200.0, before=4)
    curve = memory_curve(gather(trained(), lines))
    assert len(curve.lines) == 2
    assert curve.row.value == calibration().cost.memory
    assert curve.x.label == "minutes since the first run began"


def test_memory_needs_two_readings():
    assert memory_curve(gather(trained(), progress(())[:1])) is None
    assert memory_curve(gather(trained(), [])) is None


@pytest.mark.parametrize("count", [2, MOST_POINTS, MOST_POINTS + 1, 18_000])
def test_a_long_training_does_not_swell_the_page(count):
    lines = [Progress(at=START + 2 * each, phase=Phase.TRAINING, memory=10**9 + each) for each in range(count)]
    (line,) = memory_curve(gather(trained(), lines)).lines
    assert 2 <= len(line) <= MOST_POINTS + 1
    assert line[-1].y == 10**9 + count - 1
