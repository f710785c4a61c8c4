"""Whether older krakens, as most eScriptorium servers have them, read our models as the one that trained them does."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from armarius.functions.contracts import Limits, Outcome, RecognitionParameters, RunSpec, Split, Task
from armarius.functions.site import Site
from support.engine_process import REPOSITORY, find_kraken_python, perform
from support.synthetic_dataset import draw_page, draw_pages, stage, texts, write_page_xml

pytestmark = [pytest.mark.kraken, pytest.mark.slow]

SCRIPT = Path(__file__).parent / "read_lines.py"
EVERY_LAYER = "[1,32,0,1 Cr3,3,16 Do0.1,2 Mp2,2 Cr3,3,32 Do0.1,2 Mp2,2 S1(1x0)1,3 Lbx32 Do]"
"""A small network of all the layers that kraken's default one has."""

OLDER = ("5.3", "6.0")
LINES = draw_page("unseen", Split.TEST, texts(8, 77))
SAME = 1e-5
"""Two torch releases differ by 4e-7 in a probability."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a model that has learnt to read."""
    python = find_kraken_python()
    if python is None:
        pytest.skip("no kraken environment: `make test-slow` sets it up")
    site = Site(tmp_path_factory.mktemp("site"), python)
    spec = RunSpec(
        run_id="trained",
        task=Task.TRAIN,
        dataset=stage(site, draw_pages(train=60, validation=8, test=8)),
        parameters=RecognitionParameters(spec=EVERY_LAYER, epochs=40, lrate=3e-3, seed=1),
        limits=Limits(checkpoint_every=3600),
    )
    end = perform(site, spec)
    assert end.outcome is Outcome.FINISHED, end.message
    return site.run("trained").models


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that the model has not seen, and beside it an image of each of its lines."""
    folder = tmp_path_factory.mktemp("page")
    xml = write_page_xml(LINES, folder)
    image = Image.open(folder / LINES.page.image.name)
    for line in LINES.page.lines:
        assert line.boundary is not None
        (left, top), _, (right, bottom), _ = line.boundary
        image.crop((left, top, right, bottom)).save(folder / f"{line.id}.png")
    return xml


def read(environment: str, model: Path, page: Path) -> dict[str, Any]:
    """Lets a kraken read the lines, and the page, in its own environment."""
    python = REPOSITORY / ".envs" / environment / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no {python.parent.parent}: `make test-slow` sets it up")
    images = [str(page.parent / f"{line.id}.png") for line in LINES.page.lines]
    done = subprocess.run(
        [str(python), "-W", "ignore", str(SCRIPT), str(model), str(page), *images], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.fixture(scope="module")
def as_trained(models: Path, page: Path) -> dict[str, Any]:
    """How the kraken that trained it reads, from the same weights in its own format."""
    return read("kraken", models / "best.safetensors", page)


def difference(one: dict[str, Any], other: dict[str, Any]) -> float:
    """Returns the largest difference between two probabilities."""
    return max(
        abs(mine - yours)
        for first, second in zip(one["lines"], other["lines"], strict=True)
        for row, its in zip(first["probabilities"], second["probabilities"], strict=True)
        for mine, yours in zip(row, its, strict=True)
    )


def readings(found: dict[str, Any]) -> tuple[list[str], list[str]]:
    assert "error" not in found, found["error"]
    return [line["text"] for line in found["lines"]], found["page"]


def test_it_has_learnt_to_read(as_trained: dict[str, Any]) -> None:
    """Else that others read the same would say little."""
    written = [line.text for line in LINES.page.lines]
    assert readings(as_trained) == (written, written)


def test_both_formats_are_the_same_to_the_kraken_that_trained(
    models: Path, page: Path, as_trained: dict[str, Any]
) -> None:
    coreml = read("kraken", models / "best.mlmodel", page)
    assert readings(coreml) == readings(as_trained)
    assert difference(coreml, as_trained) == 0.0


@pytest.mark.parametrize("release", OLDER)
def test_an_older_kraken_reads_the_mlmodel_as_the_kraken_that_trained(
    models: Path, page: Path, as_trained: dict[str, Any], release: str
) -> None:
    older = read(f"kraken-{release}", models / "best.mlmodel", page)
    assert older["kraken"].startswith(release)
    assert readings(older) == readings(as_trained)
    assert difference(older, as_trained) < SAME


@pytest.mark.parametrize("release", OLDER)
def test_an_older_kraken_refuses_safetensors(models: Path, page: Path, release: str) -> None:
    assert "not loadable" in read(f"kraken-{release}", models / "best.safetensors", page)["error"]


@pytest.mark.parametrize(("release", "normalised"), [("5.3", True), ("6.0", False)])
def test_what_the_bare_network_gives_changed_with_kraken_6(
    models: Path, page: Path, release: str, normalised: bool
) -> None:
    """Its recogniser normalises; whoever calls the network itself must do so from 6 on."""
    lines = read(f"kraken-{release}", models / "best.mlmodel", page)["lines"]
    assert {line["bare_network_is_normalised"] for line in lines} == {normalised}
