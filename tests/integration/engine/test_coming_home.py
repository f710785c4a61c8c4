"""What a training and an evaluation leave for people: figures with their ranges, lines, epochs, the base model."""

from pathlib import Path

import pytest

from armarius.functions.contracts import Limits, Metrics, Outcome, Phase, Split, Task
from armarius.functions.files import sha256_of
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import engine, perform, progress, run_script, tensors
from support.synthetic_dataset import draw_page, draw_pages, stage, stage_file

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken

HERE = Path(__file__).parent
Trained = tuple[RunDir, EngineEnd]


@pytest.fixture(scope="module")
def kept(site: Site, make_spec: MakeSpec) -> Trained:
    """The same calibration as ``straight``, but for the model files of its epochs."""
    spec = make_spec(
        "kept", Task.CALIBRATE, epoch_models="safetensors", limits=Limits(calibration=0, checkpoint_every=3600)
    )
    return site.run("kept"), perform(site, spec)


def measured(end: EngineEnd) -> Metrics:
    assert end.outcome is Outcome.FINISHED, end.message
    assert end.metrics is not None
    return end.metrics


def test_the_lines_add_up_to_what_kraken_counted(straight: Trained) -> None:
    """Of six test lines after three epochs none is read without an error, so all of them are among the ten worst."""
    metrics = measured(straight[1])
    assert len(metrics.worst) == metrics.lines == 6
    assert sum(line.errors for line in metrics.worst) == metrics.errors
    assert sum(line.characters for line in metrics.worst) == metrics.characters
    assert sorted(metrics.counts) == sorted((line.errors, line.characters) for line in metrics.worst)
    assert metrics.cer == pytest.approx(metrics.errors / metrics.characters, abs=1e-6)
    assert metrics.words == sum(len(line.correct.split()) for line in metrics.worst)
    assert metrics.wer == pytest.approx(metrics.word_errors / metrics.words, abs=1e-6)
    assert metrics.cer_range is not None
    assert metrics.wer_range is not None
    assert metrics.cer_range[0] < metrics.cer < metrics.cer_range[1]
    assert metrics.wer_range[0] <= metrics.wer <= metrics.wer_range[1]


def test_the_worst_lines_are_named_as_on_their_page(straight: Trained) -> None:
    written = {(drawn.page.name, line.id): line.text for drawn in draw_pages(40, 6, 6) for line in drawn.page.lines}
    worst = measured(straight[1]).worst
    assert all(line.correct == written[line.page, line.line] for line in worst)
    assert [line.errors for line in worst] == sorted((line.errors for line in worst), reverse=True)


def test_lines_from_right_to_left_are_shown_as_they_are_written(
    site: Site, make_spec: MakeSpec, straight: Trained
) -> None:
    """kraken counts in the order of display, in which nobody could read them."""
    written = ["שלום ab 12", "ab שלום", "אבגד"]
    page = draw_page("right-to-left", Split.TEST, written)
    model = stage_file(site, straight[0].models / "best.safetensors")
    metrics = measured(perform(site, make_spec("rtl", Task.EVALUATE, dataset=stage(site, [page]), model=model)))
    assert sorted(line.correct for line in metrics.worst) == sorted(written)


def test_the_order_of_display_is_undone(site: Site) -> None:
    texts = ["שלום ab 12", "ab שלום", "אבגד", "12", "abc", "قال ab"]
    found = run_script(site, HERE / "directions.py", *texts)
    assert found == dict.fromkeys(("True", "L", "R", "False"), texts)


def test_every_epoch_is_a_model_file_and_changes_nothing_in_the_training(straight: Trained, kept: Trained) -> None:
    run, end = kept
    assert tensors(run) == tensors(straight[0])
    assert [(model.epoch, model.run_id, model.path) for model in end.epoch_models] == [
        (number, "kept", f"models/epoch_{number}.safetensors") for number in (1, 2, 3)
    ]
    assert [model.accuracy for model in end.epoch_models] == [epoch.accuracy for epoch in end.epochs]
    assert all(sha256_of(run.path / model.path) == model.sha256 for model in end.epoch_models)
    assert tensors(run, f"epoch_{end.best_epoch}") == tensors(run)
    told = [line for line in progress(run) if line.model]
    assert tuple(line.model for line in told) == end.epoch_models
    assert {line.phase for line in told} == {Phase.WRITING}


def test_an_epochs_model_says_of_which_epoch_it_is(site: Site, trained: Trained) -> None:
    run, end = trained
    first, last = (end.epoch_models[number] for number in (0, -1))
    assert {model.format for model in end.epoch_models} == {"mlmodel"}
    found = run_script(site, HERE / "load_models.py", *(str(run.path / model.path) for model in (first, last)))
    assert [model["armarius"]["epoch"] for model in found] == [1, 12]
    assert [len(model["metrics"]) for model in found] == [1, 12]
    assert found[1]["metrics"][-1][1]["val_accuracy"] == last.accuracy


def test_model_files_of_epochs_survive_a_pause_and_come_once(site: Site, make_spec: MakeSpec) -> None:
    first = make_spec("many-1", epochs=500, epoch_models="mlmodel", limits=Limits(checkpoint_every=3600))
    with engine(site, first) as running:
        running.wait_until(lambda run: any(line.model for line in progress(run)))
        running.pause()
        paused = running.wait()
    assert paused.outcome is Outcome.PAUSED, paused.message
    assert paused.checkpoint is not None
    before = paused.checkpoint.epoch
    end = perform(
        site,
        make_spec("many-2", epochs=before + 2, epoch_models="mlmodel", resume_from=paused.checkpoint),
    )
    assert end.outcome is Outcome.FINISHED, end.message
    assert end.epoch_models[:before] == paused.epoch_models[:before]
    assert [model.epoch for model in end.epoch_models] == list(range(1, before + 3))
    assert [model.run_id for model in end.epoch_models] == ["many-1"] * before + ["many-2"] * 2


def test_a_fine_tuning_that_brings_nothing_says_so(site: Site, make_spec: MakeSpec, straight: Trained) -> None:
    """With next to no learning rate the model stays as it was: what is measured before and after is the same."""
    base = stage_file(site, straight[0].models / "best.safetensors")
    end = perform(site, make_spec("in-vain", model=base, epochs=2, lrate=1e-12))
    assert end.outcome is Outcome.FINISHED, end.message
    assert end.baseline is not None
    assert [epoch.accuracy for epoch in end.epochs] == [pytest.approx(1 - end.baseline.cer, abs=1e-6)] * 2
    assert (end.baseline.split, end.baseline.lines) == ("validation", 6)
    assert end.improved is False
    assert end.message.startswith("Did not improve on its base model: accuracy ")
    assert end.models


def test_a_fine_tuning_that_reads_better_than_its_base_says_so(
    site: Site, make_spec: MakeSpec, trained: Trained
) -> None:
    base = stage_file(site, trained[0].path / trained[1].epoch_models[0].path)
    end = perform(site, make_spec("better", model=base, epochs=6))
    assert (end.outcome, end.improved, end.message) == (Outcome.FINISHED, True, "")
    assert end.baseline is not None
    assert end.baseline.errors > round((1 - max(epoch.accuracy for epoch in end.epochs)) * end.baseline.characters)


def test_a_training_from_scratch_is_compared_with_nothing(straight: Trained) -> None:
    end = straight[1]
    assert (end.baseline, end.improved, end.epoch_models) == (None, None, ())
