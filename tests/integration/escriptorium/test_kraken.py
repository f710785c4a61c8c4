"""The real kraken: a model of each kind comes home, in the format that this eScriptorium reads, and kraken reads it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from armarius.client.escriptorium.record import Asked
from armarius.functions.contracts import Split
from armarius.functions.site import Site
from support.engine_process import find_kraken_python, run_script
from support.escriptorium_server import Standin
from support.synthetic_dataset import LAYOUT_SPEC, TINY_SPEC, draw_page, lay_out, texts

Start = Callable[..., Standin]

pytestmark = pytest.mark.kraken

LOAD_MODELS = Path(__file__).parents[1] / "engine" / "load_models.py"
RECOGNITION = {"spec": TINY_SPEC, "quit": "fixed", "epochs": 2, "lrate": 0.01}
SEGMENTATION = {"spec": LAYOUT_SPEC, "epochs": 2, "base": "scratch"}


@pytest.fixture
def kraken_python() -> Path:
    python = find_kraken_python()
    if python is None:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    return python


@pytest.mark.parametrize("form", ["mlmodel", "safetensors"])
def test_a_recognition_model_comes_home(start: Start, kraken_python: Path, form: str) -> None:
    chosen = {"MODEL_FORMAT": form, "RECOGNITION": RECOGNITION, "CALIBRATION": 1}
    there = start(chosen=chosen, kraken_python=kraken_python, gpus=0)
    user = there.do("user", name="guigo")
    drawn = [draw_page(f"page-{number}", Split.TRAIN, texts(6, number)) for number in range(2)]
    document = there.hold(user, drawn)
    model = there.do("model", owner=user, document=document["document"])
    asked = {"model_pk": model, "part_pks": document["parts"], "user_pk": user}
    with there.worker():
        task = there.do("press", task="train", transcription_pk=document["transcription"], **asked)
        (report, *_) = there.until_ended(task, 3)
        there.until_closed(Asked("train", task, {}).id)
    shown = there.do("show_model", model=model)
    files = [shown["file"], *(version["data"]["file"] for version in shown["versions"])]
    assert len(files) == 3
    loaded = run_script(Site(there.folder / "site", kraken_python), LOAD_MODELS, *(str(there.media / f) for f in files))
    assert {each["characters"] for each in loaded} == {" ab"}
    assert all(file.endswith(f".{form}") for file in files)
    assert report["gpu_cost"] == 0
    assert (there.media / shown["file"]).with_name("README.md").is_file()
    assert there.events(model).count("training:eval") == 2


def test_a_segmentation_model_comes_home(start: Start, kraken_python: Path) -> None:
    there = start(chosen={"SEGMENTATION": SEGMENTATION, "CALIBRATION": 1}, kraken_python=kraken_python, gpus=0)
    user = there.do("user", name="guigo")
    drawn = [lay_out(draw_page(f"leaf-{number}", Split.TRAIN, texts(4, number), width=240)) for number in range(3)]
    document = there.hold(user, drawn)
    model = there.do("model", owner=user, document=document["document"], job=1)
    asked = {"model_pk": model, "part_pks": document["parts"], "user_pk": user}
    with there.worker():
        task = there.do("press", task="segtrain", document_pk=document["document"], **asked)
        there.until_ended(task, 3)
        there.until_closed(Asked("segtrain", task, {}).id)
    shown = there.do("show_model", model=model)
    assert (there.media / shown["file"]).stat().st_size == shown["file_size"] > 0
    assert there.events(model)[-1] == "training:done"
