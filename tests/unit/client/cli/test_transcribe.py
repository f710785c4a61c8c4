import json

import pytest

from armarius.client.pages import PackedDataset
from armarius.client.pool import Pool
from armarius.functions.contracts import PageParameters, Task
from support.desk import Bench
from support.scans import coreml, scans

from .conftest import Armarius, reading


@pytest.fixture(autouse=True)
def images(made: Bench) -> None:
    scans(made.folder / "scans", 2)
    coreml(made.folder / "r.mlmodel")


def test_to_the_end(armarius: Armarius, made: Bench) -> None:
    reading(made)
    result = armarius("transcribe", "scans", "-m", "r.mlmodel", "-f", "text", "-o", "out")
    assert "2 of 2 pages done: 24 lines, 800 characters read with a mean confidence of 90.0 %" in result.stdout
    (run,) = made.site.runs.values()
    assert run.spec.task is Task.TRANSCRIBE
    assert {path.name for path in (made.folder / "out" / "pages").iterdir()} == {"f1.txt", "f2.txt"}
    listed = json.loads((made.folder / "out" / "pages.json").read_text())
    assert (listed["task"], listed["model"]["name"]) == ("transcribe", "r.mlmodel")


def test_options_become_the_request(armarius: Armarius, pool: Pool) -> None:
    armarius(
        "transcribe", "scans", "-m", "r.mlmodel", "-f", "alto", "-f", "text", "-p", "8", "-B", "4", "--temperature",
        "1.5", "--base-dir", "R", "--no-subline-segmentation", "--no-legacy-polygons", "-o", "out", "--detach",
    )  # fmt: skip
    assert pool.jobs()[0].status().request.pages == PageParameters(
        formats=("alto", "text"), padding=8, batch_size=4, temperature=1.5, bidi_reordering="R",
        subline_segmentation=False, no_legacy_polygons=True,
    )  # fmt: skip


def test_lines_that_are_drawn_are_kept_unless_others_are_wanted(armarius: Armarius, pool: Pool) -> None:
    armarius("transcribe", "pages", "-m", "r.mlmodel", "-o", "kept", "--detach")
    armarius("transcribe", "pages", "-m", "r.mlmodel", "--find-lines", "-o", "found", "--detach")
    drawn = {}
    for request in (job.status().request for job in pool.jobs()):
        pages = PackedDataset.load(request.dataset_dir).manifest.pages
        drawn[request.output.name] = sum(len(page.lines) for page in pages)
    assert drawn == {"kept": 3, "found": 0}


def test_drawn_lines_are_told(armarius: Armarius) -> None:
    said = armarius("transcribe", "pages", "-m", "r.mlmodel", "-o", "out", "--detach").stderr
    assert "3 pages, 3 lines drawn, dataset " in said


def test_a_model_that_reads_is_needed(armarius: Armarius, made: Bench) -> None:
    assert "--model" in armarius("transcribe", "scans", code=2).stderr
    coreml(made.folder / "s.mlmodel", "segmentation")
    said = armarius("transcribe", "scans", "-m", "s.mlmodel", "-o", "out", code=2).stderr
    assert "s.mlmodel is a model for segmentation, not for recognition." in said
