import signal
from pathlib import Path

import pytest

from armarius.functions.contracts import (
    Limits,
    Outcome,
    Phase,
    Reason,
    RecognitionParameters,
    SegmentationMetrics,
    SegmentationParameters,
    Split,
    Task,
    TrainingParameters,
)
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site
from support.engine_process import cut_at, engine, perform, progress, run_script, same_training, tensors
from support.synthetic_dataset import Drawn, draw_layouts, draw_page, lay_out, stage, stage_file, write_page_xml

from .conftest import MakeSpec

pytestmark = pytest.mark.kraken

HERE = Path(__file__).parent
PAGES = 7
Trained = tuple[RunDir, EngineEnd]


def drawn(split: Split) -> Drawn:
    return next(page for page in draw_layouts() if page.page.split is split)


def test_a_training_ends_with_models_and_their_test(laid_out: Trained) -> None:
    run, end = laid_out
    assert (end.outcome, end.reason) == (Outcome.FINISHED, None), end.message
    assert [epoch.step for epoch in end.epochs] == [4 * number for number in range(1, 25)]
    best = max(end.epochs, key=lambda epoch: (epoch.accuracy, epoch.baseline_f1 or 0))
    assert end.best_epoch == best.number
    assert end.epochs[-1].accuracy > end.epochs[0].accuracy
    assert max(epoch.baseline_f1 or 0 for epoch in end.epochs) > 0.5
    assert {model.format for model in end.models} == {"safetensors", "mlmodel"}
    assert end.dataset is not None
    assert end.dataset.lines == {"train": 16, "validation": 8, "test": 4}
    assert end.dataset.regions == {"train": 4, "validation": 2, "test": 1}
    assert isinstance(end.metrics, SegmentationMetrics)
    assert (end.metrics.split, end.metrics.pages) == ("test", 1)
    assert [area.name for area in end.metrics.areas] == ["_start_separator", "_end_separator", "text"]
    assert [line.name for line in end.metrics.line_types] == ["default", "heading"]
    closing = [line for line in progress(run) if line.ends_epoch]
    assert [line.accuracy for line in closing] == [epoch.accuracy for epoch in end.epochs]
    assert all(line.pages_per_second and line.lines_per_second is None for line in closing)


def test_it_is_calibrated_by_the_pixels_of_pages(laid_out: Trained) -> None:
    _, end = laid_out
    assert end.calibration is not None
    assert end.calibration.went_on
    assert end.calibration.cost.pixels_per_epoch == 4 * 120 * 130, "pages of 240 x 220 pixels, 120 high"
    assert end.calibration.cost.seconds_per_pixel > 0


def test_models_load_in_plain_kraken_and_segment_a_page(site: Site, laid_out: Trained, tmp_path: Path) -> None:
    run, end = laid_out
    image = tmp_path / "page.png"
    image.write_bytes(drawn(Split.TEST).image)
    models = run_script(site, HERE / "segment_page.py", str(image), *(str(run.path / each.path) for each in end.models))
    for model in models:
        assert model["classes"] == {
            "aux": {"_start_separator": 0, "_end_separator": 1},
            "baselines": {"default": 2, "heading": 3},
            "regions": {"text": 4},
        }
        assert model["topline"] is False
        assert model["metrics"][0][1]["val_mean_iu"] == end.epochs[0].accuracy
        assert len(model["metrics"]) == 24
        assert model["armarius"]["dataset"] == run.spec().dataset
        assert 3 <= len(model["lines"]) <= 6
        assert set(model["types"]) <= {"default", "heading"}
        assert model["regions"]["text"] >= 1


def test_kraken_measures_the_same(site: Site, laid_out: Trained, make_layout_spec: MakeSpec, tmp_path: Path) -> None:
    run, end = laid_out
    model = run.path / end.models[0].path
    xml = write_page_xml(drawn(Split.TEST), tmp_path)
    theirs = run_script(site, HERE / "kraken_segtest.py", str(model), str(xml))
    assert isinstance(end.metrics, SegmentationMetrics)
    assert end.metrics.lines is not None
    assert end.metrics.mean_iu == pytest.approx(theirs["mean_iu"], abs=1e-6)
    assert end.metrics.region_iu == pytest.approx(theirs["region_iu"], abs=1e-6)
    assert end.metrics.lines.f1 == pytest.approx(theirs["bl_f1"], abs=1e-6)
    evaluated = perform(site, make_layout_spec("layout-evaluated", Task.EVALUATE, model=stage_file(site, model)))
    assert evaluated.outcome is Outcome.FINISHED, evaluated.message
    assert evaluated.metrics == end.metrics


def test_cut_anywhere_it_goes_on_to_the_bit(site: Site, make_layout_spec: MakeSpec) -> None:
    """The occasions: each of 7 pages; of an epoch 3 of its 4 steps, the validation's start, its 2 pages, the end."""
    hard = {"augment": True, "schedule": "reduceonplateau", "warmup": 3, "epochs": 2}
    spec = make_layout_spec("layout-cut", limits=Limits(checkpoint_every=3600), **hard)
    *cuts, _ = cut_at(site, spec, *(PAGES + occasion for occasion in (2, 5, 7, 9)))
    assert cuts == [[0, 2], [0, 4], [1, 4], [1, 6]]


def test_killed_it_comes_to_the_same(site: Site, make_layout_spec: MakeSpec) -> None:
    straight = perform(site, make_layout_spec("layout-straight"))
    assert straight.outcome is Outcome.FINISHED, straight.message
    spec = make_layout_spec("layout-killed", limits=Limits(checkpoint_every=0))
    with engine(site, spec) as running:
        running.wait_until(lambda run: run.checkpoint_path(3).with_suffix(".json").exists())
        running.process.send_signal(signal.SIGKILL)
        running.process.wait()
    end = perform(site, spec)
    assert same_training(end, straight), end.message
    assert tensors(site.run("layout-killed")) == tensors(site.run("layout-straight"))


def test_a_base_model_is_fitted_to_the_types_on_the_pages_and_goes_on_to_the_bit(
    site: Site, laid_out: Trained, make_layout_spec: MakeSpec
) -> None:
    run, end = laid_out
    base = stage_file(site, run.path / end.models[1].path)
    how = {"resize": "new", "merge_baselines": {"heading": "title"}, "merge_regions": {"text": "body"}, "epochs": 1}
    spec = make_layout_spec("layout-tuned", model=base, limits=Limits(checkpoint_every=3600), **how)
    cut, straight = cut_at(site, spec, PAGES + 2 + 2)  # the base model is measured on two pages first
    assert cut == [0, 2]
    assert straight["baseline"]["pages"] == 2
    assert [line["name"] for line in straight["metrics"]["line_types"]] == ["default", "title"]
    assert [area["name"] for area in straight["metrics"]["areas"]] == ["_start_separator", "_end_separator", "body"]
    path = site.run("layout-tuned-0").path / "models" / "best.safetensors"
    image = site.blob(drawn(Split.TEST).page.image.sha256)
    (model,) = run_script(site, HERE / "segment_page.py", str(image), str(path))
    assert model["classes"]["baselines"] == {"default": 2, "title": 3}
    assert model["classes"]["regions"] == {"body": 4}
    assert model["all_classes"]["baselines"] == {"default": 2, "title": 3, "heading": 3}
    assert model["all_classes"]["regions"] == {"body": 4, "text": 4}


def test_a_base_model_is_compared_with_and_every_epoch_is_a_model_file(
    site: Site, laid_out: Trained, make_layout_spec: MakeSpec
) -> None:
    """With next to no learning rate the model stays as it was: what is measured before and after is the same."""
    run, done = laid_out
    base = stage_file(site, run.path / done.models[0].path)
    end = perform(site, make_layout_spec("layout-in-vain", model=base, epochs=2, lrate=1e-12, epoch_models="mlmodel"))
    assert end.outcome is Outcome.FINISHED, end.message
    assert isinstance(end.baseline, SegmentationMetrics)
    assert [epoch.accuracy for epoch in end.epochs] == [pytest.approx(end.baseline.mean_iu, abs=1e-6)] * 2
    assert (end.baseline.split, end.baseline.pages) == ("validation", 2)
    assert end.improved is False
    assert end.message.startswith("Did not improve on its base model: mean IU ")
    assert [(model.epoch, model.format) for model in end.epoch_models] == [(1, "mlmodel"), (2, "mlmodel")]
    image = site.blob(drawn(Split.TEST).page.image.sha256)
    (model,) = run_script(
        site, HERE / "segment_page.py", str(image), str(site.run("layout-in-vain").path / end.epoch_models[0].path)
    )
    assert (model["armarius"]["epoch"], model["armarius"]["base_model"]) == (1, base.sha256)


def test_the_model_that_kraken_brings_along_is_a_base(site: Site, make_layout_spec: MakeSpec) -> None:
    """On pages so narrow that its height of 1800 pixels costs little."""
    pages = [
        lay_out(draw_page(f"slip-{split.value}", split, ["a"] * 9, width=44))
        for split in (Split.TRAIN, Split.VALIDATION)
    ]
    narrow = stage(site, pages)
    end = perform(site, make_layout_spec("blla", dataset=narrow, base="blla", epochs=1, lrate=1e-5))
    assert end.outcome is Outcome.FINISHED, end.message
    assert isinstance(end.metrics, SegmentationMetrics)
    assert [line.name for line in end.metrics.line_types] == ["default", "heading"]
    assert end.metrics.split == "validation"
    assert isinstance(end.baseline, SegmentationMetrics)
    assert end.improved is (max(epoch.accuracy for epoch in end.epochs) > end.baseline.mean_iu)
    assert any(line.phase is Phase.WRITING for line in progress(site.run("blla")))


def test_what_cannot_be_used_is_refused_by_name(
    site: Site, make_layout_spec: MakeSpec, trained: Trained, tmp_path: Path
) -> None:
    run, done = trained
    reader = stage_file(site, run.path / done.models[0].path)
    end = perform(site, make_layout_spec("layout-reader", model=reader))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_MODEL), end.message
    assert "segmentation model" in end.message

    first, *others = draw_layouts(train=1, validation=1, test=0)
    flat = first.page.lines[0].model_copy(update={"baseline": ((9, 9), (9, 9))})
    broken = Drawn(first.page.model_copy(update={"lines": (flat,)}), first.image)
    end = perform(site, make_layout_spec("layout-flat", dataset=stage(site, [broken, *others])))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_DATA), end.message
    assert "leaf-0" in end.message

    end = perform(site, make_layout_spec("layout-none", spec="[1,120,0,1 Qx9]"))
    assert (end.outcome, end.reason) == (Outcome.FAILED, Reason.BAD_PARAMETERS), end.message
    assert "Qx9" in end.message


@pytest.mark.parametrize(
    ("parameters", "but"),
    [
        (SegmentationParameters(), {"resize", "padding", "precision"}),
        (RecognitionParameters(), {"resize", "epochs", "min_epochs", "batch_size", "precision"}),
    ],
)
def test_the_defaults_are_those_of_kraken(site: Site, parameters: TrainingParameters, but: set[str]) -> None:
    """Of each parameter that kraken knows by the same name; the docstrings say why some are not."""
    theirs = run_script(site, HERE / "kraken_defaults.py", parameters.kind)
    ours = parameters.model_dump(mode="json")
    known = (ours.keys() & theirs.keys()) - but
    assert {"spec", "lrate", "weight_decay", "optimizer", "cos_min_lr", "gradient_clip_val", "quit"} <= known
    assert {name: ours[name] for name in known} == {name: theirs[name] for name in known}
