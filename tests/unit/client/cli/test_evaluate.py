import json

from armarius.functions.contracts import SegmentationParameters, Task
from support.desk import Bench
from support.jobs import layout_metrics

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
    (made.folder / "s.mlmodel").write_bytes(coreml("reading_order"))
    result = armarius("evaluate", "pages", "-m", "s.mlmodel", "-o", "out", code=2)
    assert "s.mlmodel is a model for reading_order, not for recognition." in result.stderr


def test_a_segmentation_is_evaluated_as_one(armarius: Armarius, made: Bench) -> None:
    (made.folder / "s.mlmodel").write_bytes(coreml("segmentation"))
    computing(made, metrics=layout_metrics())
    result = armarius("evaluate", "pages", "-m", "s.mlmodel", "-o", "out")
    assert "mean IU 41.2 %, baselines F1 93.9 %, pixels 95.3 % on 3 test pages" in result.stdout
    (run,) = made.site.runs.values()
    assert run.spec.parameters == SegmentationParameters()
    assert run.spec.model is not None


def test_the_model_that_kraken_brings_along_can_be_evaluated(armarius: Armarius, made: Bench) -> None:
    computing(made, metrics=layout_metrics())
    armarius("evaluate", "pages", "-m", "blla", "-o", "out")
    (run,) = made.site.runs.values()
    assert run.spec.parameters == SegmentationParameters(base="blla")
    assert run.spec.model is None
