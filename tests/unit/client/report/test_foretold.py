import pytest

from armarius.client.jobs.state import JobState
from armarius.client.report.epochs import epochs_of
from armarius.client.report.facts import gather
from armarius.client.report.foretold import Comparison, comparisons
from armarius.functions.contracts import Outcome, Reason, Task, Usage
from support.jobs import calibration, epochs, job, progress, run, train_report, trained


def compared(row, lines=()):
    facts = gather(row, lines)
    return {each.what: each for each in comparisons(facts, epochs_of(facts))}


def test_what_came_true():
    rows = compared(trained())
    assert list(rows) == ["Rest of the training", "Epochs", "One epoch", "Peak memory"]
    assert rows["Rest of the training"].actual == pytest.approx(252 - 9.5 - 60)
    assert rows["Rest of the training"].verdict == "as foretold"
    assert (rows["Epochs"].foretold, rows["Epochs"].happened) == ("20 to 100", "20")
    assert (rows["One epoch"].foretold, rows["One epoch"].happened) == ("11.3 s", "11.0 s")
    assert (rows["Peak memory"].foretold, rows["Peak memory"].happened) == ("2.9 GB", "2.4 GB")
    assert rows["Peak memory"].verdict == "16.2 % less"


def test_the_rest_of_a_training_is_counted_over_all_its_runs():
    plan = calibration(went_on=False)
    first = train_report(
        outcome=Outcome.PAUSED,
        reason=Reason.CALIBRATED,
        calibration=plan,
        usage=Usage(seconds=72.0, setup_seconds=10.0),
        epochs=epochs(5),
    )
    second = train_report(calibration=plan, usage=Usage(seconds=210.0, setup_seconds=11.0))
    rows = compared(job([run(1, first), run(2, second, task=Task.TRAIN)]))
    assert rows["Rest of the training"].actual == pytest.approx(72 - 10 - 60 + 210 - 11)


def test_while_it_trains_only_what_is_known_is_compared():
    first = train_report(outcome=Outcome.PAUSED, reason=Reason.CALIBRATED, epochs=(), metrics=None)
    row = job([run(1, first), run(2, task=Task.TRAIN)], state=JobState.TRAINING)
    rows = compared(row, progress(epochs(4), memory=2_000_000_000))
    assert rows["Rest of the training"].verdict == "not known yet"
    assert rows["Epochs"].happened == "–"
    assert rows["Peak memory"].actual == pytest.approx(5.08e9, rel=0.01)
    assert rows["Peak memory"].verdict.endswith("% more")


def test_what_was_tried_before_the_training_is_not_compared():
    usage = Usage(seconds=250.0, memory=4_000_000_000, training_memory=2_800_000_000)
    assert compared(trained(usage=usage))["Peak memory"].happened == "2.8 GB"


def test_a_gpu_is_compared_where_there_is_one():
    cost = calibration().cost.model_copy(update={"gpu_memory": 4_000_000_000})
    rows = compared(trained(calibration=calibration(cost=cost), usage=Usage(seconds=1.0, gpu_memory=3_000_000_000)))
    assert rows["Peak GPU memory"].verdict == "25.0 % less"


def test_without_a_calibration_there_is_nothing_to_compare():
    assert compared(trained(calibration=None)) == {}


@pytest.mark.parametrize(("actual", "verdict"), [(None, "not known yet"), (0, "as foretold"), (3, "more")])
def test_a_prediction_of_nothing_divides_nothing(actual, verdict):
    row = Comparison("x", 0, 0, actual, "epochs")
    assert row.verdict == verdict
    assert row.scale > 0
