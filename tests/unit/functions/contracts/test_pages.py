from typing import Any

import pytest
from pydantic import ValidationError

from armarius.functions.contracts import (
    MOST_PAGES,
    EvaluationReport,
    PageParameters,
    PagesReport,
    RunSpec,
    Task,
    TrainReport,
    report_of,
)

MODEL = {"sha256": "1" * 64, "size": 1, "name": "reader.safetensors"}


def spec(task: Task, **fields: Any) -> RunSpec:
    return RunSpec.model_validate({"run_id": "job1-1", "task": task, "dataset": "0" * 64, **fields})


def test_the_defaults_are_krakens() -> None:
    parameters = PageParameters()
    assert (parameters.segmentation, parameters.formats) == ("blla", ("alto",))
    assert (parameters.padding, parameters.batch_size, parameters.temperature) == (16, 1, 1.0)
    assert (parameters.bidi_reordering, parameters.subline_segmentation, parameters.input_padding) == (True, True, 0)


@pytest.mark.parametrize(
    ("task", "fields"),
    [
        (Task.SEGMENT, {}),
        (Task.SEGMENT, {"pages": {}, "model": MODEL}),
        (Task.TRANSCRIBE, {"pages": {}}),
        (Task.TRANSCRIBE, {"model": MODEL}),
        (Task.TRAIN, {"pages": {}}),
        (Task.EVALUATE, {"pages": {}, "model": MODEL}),
    ],
)
def test_what_does_not_go_together_is_refused(task: Task, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        spec(task, **fields)


@pytest.mark.parametrize(
    "wrong",
    [
        {"formats": ()},
        {"formats": ("alto", "alto")},
        {"formats": ("hocr",)},
        {"skip": (MOST_PAGES,)},
        {"skip": (-1,)},
        {"segmentation": "/etc/passwd"},
        {"batch_size": 0},
        {"temperature": 0},
        {"text_direction": "horizontal-tb"},
        {"surprise": 1},
    ],
)
def test_what_means_nothing_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        PageParameters.model_validate(wrong)


def test_there_and_back_as_json() -> None:
    made = spec(Task.TRANSCRIBE, model=MODEL, pages={"segmentation": MODEL, "formats": ["page", "text"], "skip": [3]})
    assert RunSpec.model_validate_json(made.canonical_json()) == made


def test_what_was_written_before_there_were_pages_is_still_read() -> None:
    old = spec(Task.TRAIN).model_dump(mode="json", exclude={"pages"})
    assert RunSpec.model_validate(old).pages is None


def test_which_report_a_task_leaves() -> None:
    kinds = {task: report_of(task) for task in Task}
    assert kinds.pop(Task.EVALUATE) is EvaluationReport
    assert {kinds.pop(task) for task in (Task.SEGMENT, Task.TRANSCRIBE)} == {PagesReport}
    assert set(kinds.values()) == {TrainReport}
