"""The main job with the real command line and the real kraken: pages in, a model out that says how well it reads."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from armarius.client.demo_pages import write_demo_pages
from armarius.client.words import percent
from armarius.functions.contracts import Split
from armarius.functions.site import Site
from support.engine_process import run_script
from support.ketos_test import HUNDREDTH, character_accuracy
from support.pages import real_pages
from support.synthetic_dataset import TINY_SPEC, draw_page, texts, write_page_xml
from support.trainings import Train, Trained, trainer

pytestmark = pytest.mark.kraken

LOAD_MODELS = Path(__file__).parent / "engine" / "load_models.py"
TINY = ("-s", TINY_SPEC, "-B", "1", "-q", "fixed", "-N", "6", "-r", "0.01", "--threads", "1", "--calibration", "1")
REAL_SPEC = "[1,48,0,1 Cr3,3,16 Gn8 Mp2,2 Cr3,3,32 Gn8 Mp2,2 S1(1x0)1,3 Lbx64]"
REAL = ("-s", REAL_SPEC, "-B", "2", "-r", "0.002", "-q", "fixed", "-N", "12", "--threads", "1")


def accuracy_by_ketos(trained: Trained, schema: str) -> float:
    """Returns the character accuracy in percent that ``ketos test`` prints for the page that was held out."""
    site = Site(trained.home.path / "site", trained.home.kraken_python)
    return character_accuracy(site, schema, trained.model, trained.held_out())


@pytest.fixture(scope="module")
def train(tmp_path_factory: pytest.TempPathFactory) -> Train:
    return trainer(tmp_path_factory)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four small pages in PAGE XML beside their images."""
    folder = tmp_path_factory.mktemp("pages")
    for number in range(4):
        write_page_xml(draw_page(f"page-{number}", Split.TRAIN, texts(12, number)), folder)
    return folder


@pytest.fixture(scope="module")
def trained(train: Train, pages: Path) -> Trained:
    return train(pages, *TINY, "--versions", "mlmodel")


def test_each_page_has_its_part(trained: Trained) -> None:
    assert trained.report["dataset"]["lines"] == {"train": 24, "validation": 12, "test": 12}
    assert (trained.metrics["split"], trained.metrics["lines"]) == ("test", 12)
    assert [epoch["number"] for epoch in trained.report["epochs"]] == [1, 2, 3, 4, 5, 6]
    assert trained.report["best_epoch"] in range(1, 7)


def test_the_models_load_in_plain_kraken(trained: Trained) -> None:
    site = Site(trained.home.path / "site", trained.home.kraken_python)
    files = [str(trained.output / f"model.{suffix}") for suffix in ("safetensors", "mlmodel")]
    loaded = run_script(site, LOAD_MODELS, *files)
    assert [model["characters"] for model in loaded] == [" ab", " ab"]
    assert all(model["armarius"]["dataset"] == trained.said["dataset"] for model in loaded)


def test_every_epoch_is_at_home(trained: Trained) -> None:
    site = Site(trained.home.path / "site", trained.home.kraken_python)
    files = [trained.output / "epochs" / f"model-epoch-00{number}.mlmodel" for number in range(1, 7)]
    assert sorted((trained.output / "epochs").iterdir()) == files
    told = [model["sha256"] for model in trained.report["epoch_models"]]
    assert [hashlib.sha256(path.read_bytes()).hexdigest() for path in files] == told
    loaded = run_script(site, LOAD_MODELS, *map(str, files))
    assert [model["armarius"]["epoch"] for model in loaded] == [1, 2, 3, 4, 5, 6]


def test_ketos_counts_the_same_errors(trained: Trained) -> None:
    assert accuracy_by_ketos(trained, "page") == pytest.approx(100 * (1 - trained.metrics["cer"]), abs=HUNDREDTH)


def test_the_folder_says_how_well_it_reads(trained: Trained) -> None:
    cer = percent(trained.metrics["cer"])
    found = {path.name for path in trained.output.iterdir()}
    assert found >= {"model.safetensors", "model.mlmodel", "README.md", "provenance.json", "report.html"}
    for name in ("README.md", "report.html"):
        text = (trained.output / name).read_text(encoding="utf-8").replace("\N{NO-BREAK SPACE}", " ")
        assert cer in text, name
        assert "CER" in text or "character error rate" in text.lower()
    provenance = json.loads((trained.output / "provenance.json").read_text())
    assert provenance["runs"][-1]["report"]["metrics"] == trained.metrics
    assert provenance["request"]["dataset"] == trained.said["dataset"]
    assert str(trained.home.path) not in (trained.output / "provenance.json").read_text()


def test_the_job_can_be_looked_at(trained: Trained, tmp_path: Path) -> None:
    job = trained.said["id"]
    (row,) = (line for line in trained.home.run("jobs").splitlines() if line.startswith(job))
    best = max(epoch["accuracy"] for epoch in trained.report["epochs"])
    assert row.split()[1:4] == ["done", "model", "train"]
    assert row.rstrip().endswith(percent(best))
    story = trained.home.run("show", job)
    assert f"CER {percent(trained.metrics['cer'])}" in story
    assert sum("epoch" in line for line in story.splitlines()) >= 6
    trained.home.run("report", job, "-o", str(tmp_path / "again.html"))
    assert percent(trained.metrics["cer"]) in (tmp_path / "again.html").read_text().replace("\N{NO-BREAK SPACE}", " ")


def test_an_evaluation_comes_to_the_same(trained: Trained, tmp_path: Path) -> None:
    arguments = ("-m", str(trained.model), "-o", str(tmp_path / "evaluation"), "--json")
    said = json.loads(trained.home.run("evaluate", str(trained.held_out()), *arguments))
    measured = said["runs"][-1]["report"]["metrics"]
    assert measured == trained.metrics
    kept = json.loads((tmp_path / "evaluation" / "evaluation.json").read_text())
    assert kept["report"]["metrics"] == measured


def test_a_model_can_be_trained_further(train: Train, trained: Trained) -> None:
    further = train(trained.pages, *TINY, "-N", "1", "--load", str(trained.model))
    assert further.said["state"] == "done"
    assert [epoch["number"] for epoch in further.report["epochs"]] == [1]
    provenance = json.loads((further.output / "provenance.json").read_text())
    assert provenance["request"]["model"]["sha256"] == hashlib.sha256(trained.model.read_bytes()).hexdigest()
    assert further.report["baseline"]["lines"] == 12
    name = "model" if further.report["improved"] else "model-not-better"
    assert {path.name for path in further.output.glob("*model")} == {f"{name}.mlmodel"}


def test_pages_are_segmented_and_then_read_with_the_model(trained: Trained, tmp_path: Path) -> None:
    """With kraken's own model for lines; then the lines that it drew are kept, and read."""
    scans, lines, read = tmp_path / "scans", tmp_path / "lines", tmp_path / "read"
    write_demo_pages(scans, 2)
    for transcription in scans.glob("*.xml"):
        transcription.unlink()
    (scans / "torn.png").write_bytes(next(scans.glob("*.jpg")).read_bytes()[:2000])
    said = json.loads(trained.home.run("segment", str(scans), "-o", str(lines), "--json"))
    assert (said["state"], said["kind"]) == ("done", "segment")
    listed = json.loads((lines / "pages.json").read_text())
    assert [each["image"] for each in listed["not_packed"]] == ["torn.png"]
    found = {page["name"]: page["lines"] for page in listed["pages"]}
    assert len(found) == 2
    assert all(number > 2 for number in found.values()), found
    (scans / "torn.png").unlink()
    for name in found:
        shutil.copy(lines / "pages" / f"{name}.alto.xml", scans)

    arguments = ("-m", str(trained.model), "-f", "page", "-f", "text", "-o", str(read), "--json")
    said = json.loads(trained.home.run("transcribe", str(scans), *arguments))
    assert said["state"] == "done"
    listed = json.loads((read / "pages.json").read_text())
    assert {page["name"]: page["lines"] for page in listed["pages"]} == found, "the lines that were drawn"
    for page in listed["pages"]:
        text = (read / page["files"]["text"]).read_text()
        assert len(text.splitlines()) == page["lines"]
        assert set(text) <= set(" ab\n"), "the letters that the model knows"
        assert "<TextLine" in (read / page["files"]["page"]).read_text()
    story = trained.home.run("show", said["id"])
    assert "2 of 2 pages done" in story
    assert "Transcribed 2 of 2 pages" in (read / "report.html").read_text()


def test_real_pages_are_learnt(train: Train) -> None:
    done = train(real_pages() / "rousseau" / "train", *REAL)
    accuracies = [epoch["accuracy"] for epoch in done.report["epochs"]]
    assert len(accuracies) == 12
    assert max(accuracies) > 0.05
    assert max(accuracies) > accuracies[0]
    assert accuracy_by_ketos(done, "alto") == pytest.approx(100 * (1 - done.metrics["cer"]), abs=HUNDREDTH)
