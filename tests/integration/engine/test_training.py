from pathlib import Path

import pytest

from armarius.functions.contracts import Outcome, Phase, Split, Task
from armarius.functions.files import sha256_of
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import perform, progress, run_script
from support.ketos_test import HUNDREDTH, character_accuracy
from support.synthetic_dataset import draw_pages, stage_file, write_page_xml

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken

HERE = Path(__file__).parent


def test_a_training_ends_with_models_and_their_test(trained: tuple[RunDir, EngineEnd]) -> None:
    run, end = trained
    assert (end.outcome, end.reason) == (Outcome.FINISHED, None), end.message
    assert [epoch.number for epoch in end.epochs] == list(range(1, 13))
    assert [epoch.step for epoch in end.epochs] == [20 * number for number in range(1, 13)]
    best = max(end.epochs, key=lambda epoch: epoch.accuracy)
    assert end.best_epoch == best.number
    assert {model.format for model in end.models} == {"safetensors", "mlmodel"}
    assert all(sha256_of(run.path / model.path) == model.sha256 for model in end.models)
    assert end.dataset is not None
    assert end.dataset.lines == {"train": 40, "validation": 6, "test": 6}
    assert end.metrics is not None
    assert (end.metrics.split, end.metrics.lines) == ("test", 6)
    assert end.kraken
    assert end.torch


def test_progress_has_one_closing_line_per_epoch(trained: tuple[RunDir, EngineEnd]) -> None:
    run, end = trained
    lines = progress(run)
    closing = [line for line in lines if line.ends_epoch]
    assert [line.accuracy for line in closing] == [epoch.accuracy for epoch in end.epochs]
    assert [line.epoch for line in closing] == list(range(1, 13))
    assert all(line.memory and line.lrate and line.steps_per_epoch == 20 for line in closing)
    # another run may have compiled; this one was no calibration, and makes no pages
    elsewhere = {Phase.COMPILING, Phase.CALIBRATING, Phase.READING}
    assert {line.phase for line in lines} >= set(Phase) - elsewhere
    assert closing[-1].seconds_left is not None


def test_models_load_in_plain_kraken(site: Site, trained: tuple[RunDir, EngineEnd]) -> None:
    run, end = trained
    paths = [str(run.path / model.path) for model in end.models]
    for model in run_script(site, HERE / "load_models.py", *paths):
        assert model["characters"] == " ab"
        assert len(model["metrics"]) == 12
        assert model["metrics"][0][1]["val_accuracy"] == end.epochs[0].accuracy
        assert model["armarius"]["dataset"] == run.spec().dataset
        assert (model["seg_type"], model["legacy_polygons"]) == ("baselines", False)
        assert model["one_channel_mode"] == "L"


def test_the_error_rate_is_that_of_ketos(
    site: Site, trained: tuple[RunDir, EngineEnd], make_spec: MakeSpec, tmp_path: Path
) -> None:
    run, end = trained
    model = run.path / end.models[0].path
    (tested,) = (drawn for drawn in draw_pages(40, 6, 6) if drawn.page.split is Split.TEST)
    xml = write_page_xml(tested, tmp_path)
    printed = character_accuracy(site, "page", model, xml)
    assert end.metrics is not None
    assert 100 * (1 - end.metrics.cer) == pytest.approx(printed, abs=HUNDREDTH)
    evaluated = perform(site, make_spec("evaluated", Task.EVALUATE, model=stage_file(site, model), batch_size=1))
    assert evaluated.outcome is Outcome.FINISHED, evaluated.message
    assert evaluated.metrics == end.metrics


def test_a_run_that_was_killed_after_its_training_only_writes_and_tests(
    site: Site, trained: tuple[RunDir, EngineEnd]
) -> None:
    run, end = trained
    before = len(progress(run))
    run.engine_path.unlink()
    again = perform(site, run.spec())
    assert again.outcome is Outcome.FINISHED, again.message
    assert (again.metrics, again.epochs, again.best_epoch) == (end.metrics, end.epochs, end.best_epoch)
    phases = [line.phase for line in progress(run)[before:]]
    assert phases == [Phase.PREPARING, Phase.WRITING, Phase.TESTING]
