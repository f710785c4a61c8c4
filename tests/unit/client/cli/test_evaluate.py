import json

from armarius.functions.contracts import Task
from support.desk import Bench

from .conftest import Armarius, computing


def coreml(kind: str) -> bytes:
    """A model as kraken wrote it before 2025, for all that can be seen without kraken."""
    text = f'{{"vgsl": "[1,48,0,1]", "model_type": "{kind}"}}'.encode()
    return b"\x08\x01\x12" + bytes([len(text)]) + text


def test_the_figures_of_a_model(armarius: Armarius, made: Bench) -> None:
    (made.folder / "m.mlmodel").write_bytes(coreml("recognition"))
    computing(made)
    result = armarius("evaluate", "pages", "-m", "m.mlmodel", "-o", "out")
    assert "CER 8.7 %" in result.stdout
    assert [run.spec.task for run in made.site.runs.values()] == [Task.EVALUATE]
    found = json.loads((made.folder / "out" / "evaluation.json").read_text())
    assert found["name"] == "m-on-pages"
    assert found["report"]["metrics"]["cer"] == 0.087


def test_a_model_is_needed(armarius: Armarius) -> None:
    assert "--model" in armarius("evaluate", "pages", code=2).stderr


def test_a_model_of_another_kind_is_refused(armarius: Armarius, made: Bench) -> None:
    (made.folder / "s.mlmodel").write_bytes(coreml("segmentation"))
    result = armarius("evaluate", "pages", "-m", "s.mlmodel", "-o", "out", code=2)
    assert "s.mlmodel is a model for segmentation, not for recognition." in result.stderr
