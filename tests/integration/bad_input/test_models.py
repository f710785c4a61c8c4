"""Models that cannot be used to start from."""

from pathlib import Path

import pytest

from support.cli import Home
from support.engine_process import find_kraken_python

from .commands import refused


def segmentation_model() -> bytes:
    """Returns the segmentation model that kraken brings along."""
    python = find_kraken_python()
    found = list(python.parent.parent.glob("lib/python3.*/site-packages/kraken/blla.mlmodel")) if python else []
    if not found:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    return found[0].read_bytes()


def test_a_model_for_something_else(home: Home, pages: Path, tmp_path: Path) -> None:
    model = tmp_path / "blla.mlmodel"
    model.write_bytes(segmentation_model())
    said = refused(home, "train", pages, "-i", model, "-o", tmp_path / "out", "--detach")
    assert "blla.mlmodel is a model for segmentation, not for recognition" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.safetensors", b""),
        ("garbage.safetensors", b"garbage\n" * 100),
        ("zeros.safetensors", bytes(1000)),
        ("empty.mlmodel", b""),
        ("garbage.mlmodel", b"garbage\n" * 100),
        ("other.pt", b"garbage\n"),
    ],
)
def test_a_corrupt_model(home: Home, pages: Path, tmp_path: Path, name: str, content: bytes) -> None:
    model = tmp_path / name
    model.write_bytes(content)
    assert model.name in refused(home, "train", pages, "-i", model, "-o", tmp_path / "out", "--detach")


def test_a_model_that_was_cut_off(home: Home, pages: Path, tmp_path: Path) -> None:
    model = tmp_path / "half.mlmodel"
    model.write_bytes(segmentation_model()[:100_000])
    assert "half.mlmodel is damaged" in refused(home, "evaluate", pages, "-m", model, "-o", tmp_path / "out")


def test_a_model_that_is_none(home: Home, pages: Path, tmp_path: Path) -> None:
    for model in (tmp_path / "nowhere.mlmodel", pages):
        assert model.name in refused(home, "train", pages, "-i", model, "-o", tmp_path / "out", "--detach")
