"""What was asked for, as it is written down."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from armarius.client.jobs.request import JobKind, JobRequest
from armarius.functions.contracts import Blob, PageParameters
from support.jobs import request

READER, FINDER = Blob(sha256="a" * 64, size=1, name="r"), Blob(sha256="b" * 64, size=2, name="s")


def test_a_request_from_before_there_was_work_on_pages_is_read() -> None:
    written = request().model_dump(mode="json")
    for later in ("pages", "segmentation_path"):
        del written[later]
    assert JobRequest.model_validate(written) == request()


def test_both_models_are_sent() -> None:
    wanted = request(
        JobKind.TRANSCRIBE,
        model=READER,
        model_path=Path("r.mlmodel"),
        pages=PageParameters(segmentation=FINDER),
        segmentation_path=Path("s.mlmodel"),
    )
    assert wanted.models == ((READER, Path("r.mlmodel")), (FINDER, Path("s.mlmodel")))
    assert JobRequest.model_validate_json(wanted.model_dump_json()) == wanted
    assert request(JobKind.SEGMENT, pages=PageParameters()).models == ()


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (JobKind.TRAIN, {"pages": PageParameters()}),
        (JobKind.SEGMENT, {}),
        (JobKind.SEGMENT, {"pages": PageParameters(), "model": READER}),
        (JobKind.TRANSCRIBE, {"pages": PageParameters()}),
        (JobKind.TRANSCRIBE, {"model": READER}),
    ],
)
def test_what_does_not_go_together_is_refused(kind: JobKind, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        request(kind, **fields)
