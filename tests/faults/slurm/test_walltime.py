"""A training that is cut by the end of its allocation, again and again, and comes to the same."""

from collections.abc import Sequence
from itertools import pairwise

import pytest

from armarius.client.journal import RunRow
from armarius.functions.contracts import Outcome, Reason
from support.engine_process import tensors_of

from .conftest import Bench, MakeBench

pytestmark = pytest.mark.slow

CUTS = 3
EPOCHS = 200


def repeated(runs: Sequence[RunRow]) -> int:
    """Returns how many steps were computed more than once."""
    return sum(
        max(0, before.step - (after.spec.resume_from.step if after.spec.resume_from else 0))
        for before, after in pairwise(runs)
    )


def uncut(make: MakeBench) -> Bench:
    bench = make("uncut")
    bench.train(EPOCHS)
    bench.done()
    return bench


def test_a_training_that_is_cut_three_times_comes_to_the_same_as_an_uncut_one(make: MakeBench) -> None:
    bench = make("cut")
    bench.train(EPOCHS)
    steps = 0
    for number in range(1, CUTS + 1):
        job = bench.computing(beyond=steps)
        bench.cluster.command("scontrol", "update", f"JobId={job}", "EndTime=now+30")
        bench.next_run(number + 1)
        steps = bench.runs()[number - 1].step
        report = bench.runs()[number - 1].report_json
        assert report is not None
        assert (report["outcome"], report["reason"]) == (Outcome.PAUSED.value, Reason.WALLTIME.value), report["message"]
    report = bench.done()
    whole = uncut(make)
    expected = whole.done()
    assert len(bench.runs()) == CUTS + 1
    assert [epoch.step for epoch in report.epochs] == [epoch.step for epoch in expected.epochs]
    assert len(report.epochs) == EPOCHS
    models = [each.folder / "results" / "model.safetensors" for each in (bench, whole)]
    assert tensors_of(models[0]) == tensors_of(models[1]), "to the bit, on a CPU"
    assert report.metrics == expected.metrics
    assert repeated(bench.runs()) < 0.05 * report.epochs[-1].step
