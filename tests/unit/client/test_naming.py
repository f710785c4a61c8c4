from pathlib import Path

import pytest

from armarius.client.naming import best_model, epoch_model
from support.jobs import epoch_model as of_epoch
from support.jobs import fine_tuned, request, train_report


@pytest.mark.parametrize(
    ("report", "name"),
    [
        (train_report(), "poilus.safetensors"),
        (fine_tuned(improved=True), "poilus.safetensors"),
        (fine_tuned(improved=False), "poilus-not-better.safetensors"),
    ],
)
def test_a_model_that_is_no_better_does_not_bear_the_name_that_was_asked_for(report, name):
    assert best_model(request(), report, report.models[0]) == Path("results") / name


def test_epochs_are_sorted_by_their_names():
    names = [epoch_model(request(), of_epoch(number)).name for number in (9, 10, 100)]
    assert names == sorted(names)
    assert names[0] == "poilus-epoch-009.mlmodel"
