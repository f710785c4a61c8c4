import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from armarius.functions.contracts import (
    Blob,
    Line,
    Manifest,
    ModelFile,
    Page,
    PageImage,
    Phase,
    ProbeRequest,
    Progress,
    Reason,
    RecognitionParameters,
    RunSpec,
    Split,
    Task,
    Usage,
)

points = st.tuples(st.integers(0, 9999), st.integers(0, 9999))
lines = st.builds(
    Line,
    id=st.text(max_size=8),
    baseline=st.lists(points, min_size=2, max_size=4).map(tuple),
    boundary=st.none(),
    text=st.none() | st.text(max_size=20),
)
digests = st.binary(max_size=8).map(lambda content: hashlib.sha256(content).hexdigest())


def page(sha256: str, split: Split = Split.TRAIN, written: tuple[Line, ...] = ()) -> Page:
    image = PageImage(sha256=sha256, size=1, width=10, height=10, format="PNG")
    return Page(name="p", image=image, split=split, lines=written)


@given(digests, st.lists(lines, max_size=3).map(tuple))
def test_a_manifest_survives_json_with_its_id(sha256: str, written: tuple[Line, ...]) -> None:
    manifest = Manifest(pages=(page(sha256, written=written),))
    again = Manifest.model_validate_json(manifest.canonical_json())
    assert again == manifest
    assert again.digest() == manifest.digest()


def test_one_changed_letter_is_another_dataset() -> None:
    one, other = (Line(id="l", baseline=((0, 0), (1, 0)), text=text) for text in ("a", "b"))
    assert Manifest(pages=(page("0" * 64, written=(one,)),)).digest() != (
        Manifest(pages=(page("0" * 64, written=(other,)),)).digest()
    )


def test_an_image_cannot_train_and_validate() -> None:
    with pytest.raises(ValidationError, match="two splits"):
        Manifest(pages=(page("0" * 64), page("0" * 64, Split.VALIDATION)))


@pytest.mark.parametrize("digest", ["", "0" * 63, "0" * 65, "G" * 64, "A" * 64, "0" * 64 + "\n", "../" + "0" * 61])
def test_a_digest_is_one_or_an_error(digest: str) -> None:
    with pytest.raises(ValidationError):
        Blob(sha256=digest, size=0)


def test_unknown_fields_and_impossible_numbers_are_refused() -> None:
    with pytest.raises(ValidationError):
        RecognitionParameters.model_validate({"lerning_rate": 1})
    with pytest.raises(ValidationError):
        Progress.model_validate({"at": 0, "phase": "training", "loss": float("nan")})


def test_an_evaluation_needs_a_model_and_a_calibration_resumes_nothing() -> None:
    with pytest.raises(ValidationError, match="needs a model"):
        RunSpec(run_id="a", task=Task.EVALUATE, dataset="0" * 64)
    checkpoint = {"run_id": "a", "sha256": "0" * 64, "size": 1, "epoch": 1, "step": 1}
    with pytest.raises(ValidationError, match="cannot resume"):
        RunSpec.model_validate({"run_id": "a", "task": "calibrate", "dataset": "0" * 64, "resume_from": checkpoint})


def test_an_older_release_is_not_sent_words_that_it_does_not_know() -> None:
    grown = (
        (ProbeRequest(), "run"),
        (Progress(at=0, phase=Phase.TRAINING), "page"),
        (RunSpec(run_id="a", task=Task.TRAIN, dataset="0" * 64), "pages"),
        (Usage(seconds=1.0), "neighbours"),
    )
    for message, later in grown:
        assert later not in message.model_dump(mode="json")
        assert type(message).model_validate_json(message.canonical_json()) == message
    asked = ProbeRequest(run="a")
    assert ProbeRequest.model_validate(asked.model_dump(mode="json")) == asked


def test_only_what_trying_again_can_cure_is_transient() -> None:
    assert {reason for reason in Reason if reason.transient} == {Reason.ENGINE_DIED, Reason.NODE_LOST}


@pytest.mark.parametrize("bad", ["../../x", "mlmodel/../../x", "", "onnx"])
def test_what_ends_a_models_name_is_one_of_two_words(bad: str) -> None:
    """A client makes a path of it."""
    with pytest.raises(ValidationError):
        ModelFile(sha256="0" * 64, size=1, path="models/best.mlmodel", format=bad)
