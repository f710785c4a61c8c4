import json
import struct
from pathlib import Path

import pytest

from armarius.client.basemodel import read_model
from armarius.client.errors import BadModelFile


def safetensors(path: Path, kinds: list[str], weights: bytes = b"1234") -> Path:
    header = json.dumps(
        {
            "__metadata__": {"kraken_meta": json.dumps({"a": {"_tasks": kinds}})},
            "w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]},
        }
    ).encode()
    path.write_bytes(struct.pack("<Q", len(header)) + header + weights)
    return path


def test_a_model_of_the_right_kind(tmp_path: Path) -> None:
    blob = read_model(safetensors(tmp_path / "my model.safetensors", ["recognition"]), "recognition")
    assert blob.name == "my model.safetensors"


def test_a_model_of_another_kind(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "blla.safetensors", ["segmentation"])
    with pytest.raises(BadModelFile, match=r"blla.safetensors is a model for segmentation, not for recognition"):
        read_model(path, "recognition")


@pytest.mark.parametrize("kind", ['"model_type": ["segmentation"]', '"model_type": "segmentation"'])
def test_an_old_model_of_another_kind(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "blla.mlmodel"
    path.write_bytes(coreml(kind))
    with pytest.raises(BadModelFile, match="for segmentation"):
        read_model(path, "recognition")


def coreml(kind: str = '"model_type": "recognition"') -> bytes:
    """A message of two fields, as Core ML's: a version, and all else."""
    text = f'{{"vgsl": "[1,48,0,1]", {kind}}}'.encode()
    return b"\x08\x01\x12" + bytes([len(text)]) + text


def test_an_old_model_of_the_right_kind(tmp_path: Path) -> None:
    path = tmp_path / "old.mlmodel"
    path.write_bytes(coreml())
    assert read_model(path, "recognition").name == "old.mlmodel"


@pytest.mark.parametrize(
    "content", [b"garbage\n", b"", coreml()[:-3], coreml() + b"x", b"\x08\x01\x12\xff\xff\xff vgsl"]
)
def test_an_old_model_that_is_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "old.mlmodel"
    path.write_bytes(content)
    with pytest.raises(BadModelFile, match=r"old\.mlmodel is damaged"):
        read_model(path, "recognition")


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 8, b"\xff" * 64, b"\x02\x00\x00\x00\x00\x00\x00\x00{}", b"<html>not found</html>"]
)
def test_damaged(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "broken.safetensors"
    path.write_bytes(content)
    with pytest.raises(BadModelFile, match=r"broken\.safetensors"):
        read_model(path, "recognition")


def test_cut_off(tmp_path: Path) -> None:
    path = safetensors(tmp_path / "cut.safetensors", ["recognition"], weights=b"12")
    with pytest.raises(BadModelFile, match="shorter or longer"):
        read_model(path, "recognition")


@pytest.mark.parametrize("name", ["absent.safetensors", "model.pt"])
def test_absent_or_something_else(tmp_path: Path, name: str) -> None:
    if name == "model.pt":
        (tmp_path / name).write_bytes(b"pickle")
    with pytest.raises(BadModelFile, match=name):
        read_model(tmp_path / name, "recognition")
