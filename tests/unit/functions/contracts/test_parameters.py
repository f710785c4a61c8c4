import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from armarius.functions.contracts import (
    EvaluationReport,
    Metrics,
    RecognitionParameters,
    RunSpec,
    SegmentationMetrics,
    SegmentationParameters,
    Task,
    TrainingParameters,
)
from armarius.functions.handover import EngineEnd
from support.jobs import evaluation_report, layout_metrics, metrics

names = st.text(min_size=1, max_size=8)
merges = st.dictionaries(names, names, max_size=3)
segmentations = st.builds(
    SegmentationParameters,
    base=st.sampled_from(["scratch", "blla"]),
    line_offset=st.sampled_from(["baseline", "topline", "centerline"]),
    lrate=st.floats(1e-9, 1),
    valid_baselines=st.none() | st.lists(names, max_size=3).map(tuple),
    merge_regions=merges,
)
recognitions = st.builds(
    RecognitionParameters,
    batch_size=st.integers(1, 1024) | st.just("auto"),
    bidi_reordering=st.sampled_from([True, False, "L", "R"]),
)


def spec(parameters: TrainingParameters) -> RunSpec:
    return RunSpec.model_validate({"run_id": "a", "task": "train", "dataset": "0" * 64, "parameters": parameters})


@given(segmentations | recognitions)
def test_a_spec_keeps_its_kind_through_json(parameters: TrainingParameters) -> None:
    again = RunSpec.model_validate_json(spec(parameters).canonical_json())
    assert again.parameters == parameters
    assert type(again.parameters) is type(parameters)


def test_what_was_written_before_there_were_kinds_is_for_recognition() -> None:
    written = json.loads(spec(RecognitionParameters(batch_size=3)).canonical_json())
    del written["parameters"]["kind"]
    del written["parameters"]["gradient_clip_val"]
    read = RunSpec.model_validate(written).parameters
    assert read == RecognitionParameters(batch_size=3)
    report = evaluation_report().model_dump(mode="json")
    del report["metrics"]["kind"]
    assert EvaluationReport.model_validate(report).metrics == metrics()


@pytest.mark.parametrize("kind", ["ordering", None, 3, ["recognition"]])
def test_another_kind_is_refused(kind: Any) -> None:
    with pytest.raises(ValidationError):
        RunSpec.model_validate({"run_id": "a", "task": "train", "dataset": "0" * 64, "parameters": {"kind": kind}})


def test_parameters_of_one_kind_are_not_those_of_another() -> None:
    with pytest.raises(ValidationError, match="batch_size"):
        SegmentationParameters.model_validate({"batch_size": 4})
    with pytest.raises(ValidationError, match="line_width"):
        RecognitionParameters.model_validate({"line_width": 4})


@pytest.mark.parametrize("measured", [metrics(), layout_metrics()])
def test_what_was_measured_keeps_its_kind(measured: Metrics | SegmentationMetrics) -> None:
    end = EngineEnd.model_validate({"outcome": "finished", "metrics": measured})
    assert EngineEnd.model_validate_json(end.canonical_json()).metrics == measured


def test_the_model_that_kraken_brings_along_can_be_evaluated_and_no_other_named_beside_it() -> None:
    named = {
        "run_id": "a",
        "task": Task.EVALUATE,
        "dataset": "0" * 64,
        "parameters": SegmentationParameters(base="blla"),
    }
    assert RunSpec.model_validate(named).model is None
    with pytest.raises(ValidationError, match="another named"):
        RunSpec.model_validate({**named, "model": {"sha256": "0" * 64, "size": 1}})


def test_only_a_batch_can_be_made_lighter() -> None:
    lighter = RecognitionParameters(batch_size=9).lighter()
    assert lighter == RecognitionParameters(batch_size=4)
    assert RecognitionParameters(batch_size=1).lighter() is None
    assert SegmentationParameters().lighter() is None


def test_what_is_left_to_the_engine_is_filled_in_and_nothing_else() -> None:
    asked = RecognitionParameters()
    assert (asked.batch_size, asked.precision, asked.lines_per_step) == ("auto", "auto", None)
    assert asked.settled(4, "bf16-mixed") == RecognitionParameters(batch_size=4, precision="bf16-mixed")
    given = RecognitionParameters(batch_size=3, precision="32-true")
    assert given.settled(4, "bf16-mixed") == given
    page = SegmentationParameters()
    assert page.settled(1, "bf16-mixed") == SegmentationParameters(precision="bf16-mixed")
    assert page.lines_per_step == 1


@pytest.mark.parametrize(("given", "lighter"), [(8, 4), (3, 1), (1, None), ("auto", 1)])
def test_less_memory(given: Any, lighter: int | None) -> None:
    less = RecognitionParameters(batch_size=given).lighter()
    assert (less and less.batch_size) == lighter


def test_a_batch_size_may_come_as_text() -> None:
    assert RecognitionParameters.model_validate({"batch_size": "4"}).batch_size == 4
    with pytest.raises(ValidationError):
        RecognitionParameters.model_validate({"batch_size": "many"})
