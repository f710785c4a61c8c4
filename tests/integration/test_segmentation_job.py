"""A segmentation with the real command line and the real kraken: pages in, a model out that finds their lines."""

import json
from pathlib import Path

import pytest

from armarius.client.words import percent
from armarius.functions.contracts import Split
from armarius.functions.site import Site
from support.engine_process import run_script
from support.synthetic_dataset import LAYOUT_SPEC, draw_page, lay_out, texts, write_page_xml
from support.trainings import Train, Trained, trainer

pytestmark = pytest.mark.kraken

SEGMENT_PAGE = Path(__file__).parent / "engine" / "segment_page.py"
TINY = ("-s", LAYOUT_SPEC, "-N", "8", "-r", "0.01", "--threads", "1", "--calibration", "1")


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Train:
    return trainer(tmp_path_factory, "segtrain")


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five small pages in PAGE XML, none of them transcribed."""
    folder = tmp_path_factory.mktemp("leaves")
    for number in range(5):
        write_page_xml(lay_out(draw_page(f"leaf-{number}", Split.TRAIN, texts(4, number), width=240)), folder)
    return folder


@pytest.fixture(scope="module")
def trained(train: Train, pages: Path) -> Trained:
    return train(pages, *TINY)


def test_pages_without_a_letter_are_enough(trained: Trained) -> None:
    assert trained.report["dataset"]["lines"] == {"train": 12, "validation": 4, "test": 4}
    assert trained.report["dataset"]["regions"] == {"train": 3, "validation": 1, "test": 1}
    assert (trained.metrics["kind"], trained.metrics["split"], trained.metrics["pages"]) == ("segmentation", "test", 1)
    assert [epoch["number"] for epoch in trained.report["epochs"]] == list(range(1, 9))
    assert trained.said["model_kind"] == "segmentation"


def test_the_models_segment_a_page_in_plain_kraken(trained: Trained) -> None:
    site = Site(trained.home.path / "site", trained.home.kraken_python)
    files = [str(trained.output / f"model.{suffix}") for suffix in ("safetensors", "mlmodel")]
    loaded = run_script(site, SEGMENT_PAGE, str(trained.held_out().with_suffix(".png")), *files)
    for model in loaded:
        assert model["classes"]["baselines"] == {"default": 2, "heading": 3}
        assert model["armarius"]["dataset"] == trained.said["dataset"]


def test_the_folder_and_the_job_say_how_good_it_is(trained: Trained) -> None:
    mean = percent(trained.metrics["mean_iu"])
    for name in ("README.md", "report.html"):
        text = (trained.output / name).read_text(encoding="utf-8")
        assert f"mean IU {mean}" in text, name
        assert "CER" not in text, name
    job = trained.said["id"]
    assert f"mean IU {mean}" in trained.home.run("show", job)
    (row,) = (line for line in trained.home.run("jobs").splitlines() if line.startswith(job))
    best = max(epoch["accuracy"] for epoch in trained.report["epochs"])
    assert row.split()[1:4] == ["done", "model", "segtrain"]
    assert row.rstrip().endswith(f"{percent(best)} mean IU")
    provenance = json.loads((trained.output / "provenance.json").read_text())
    assert provenance["request"]["parameters"]["kind"] == "segmentation"


def test_an_evaluation_comes_to_the_same(trained: Trained, tmp_path: Path) -> None:
    arguments = ("-m", str(trained.model), "-o", str(tmp_path / "evaluation"), "--json")
    said = json.loads(trained.home.run("evaluate", str(trained.held_out()), *arguments))
    assert said["runs"][-1]["report"]["metrics"] == trained.metrics


def test_a_model_can_be_trained_further_by_its_own_kind_alone(train: Train, trained: Trained, tmp_path: Path) -> None:
    further = train(trained.pages, *TINY, "-N", "1", "--load", str(trained.model))
    assert [epoch["number"] for epoch in further.report["epochs"]] == [1]
    refused = ("train", str(trained.pages), "--load", str(trained.model), "-o", str(tmp_path / "none"))
    trained.home.run(*refused, code=2)
    assert not (tmp_path / "none").exists()
