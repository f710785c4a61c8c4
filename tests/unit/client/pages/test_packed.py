import json
from pathlib import Path

import pytest

from armarius.client.pages import PackedDataset, pack
from armarius.functions.contracts import BadInput
from armarius.functions.files import sha256_of
from support.pages import L, write_pair, write_pairs


@pytest.fixture
def packed(tmp_path: Path) -> PackedDataset:
    write_pair(tmp_path / "in put", "p3", 3, [L(), L(baseline=None)])
    write_pairs(tmp_path / "in put", 2)
    return pack([tmp_path / "in put"])


def test_save_and_load(tmp_path: Path, packed: PackedDataset) -> None:
    packed.save(tmp_path / "out" / "deep")
    assert PackedDataset.load(tmp_path / "out" / "deep") == packed
    assert packed.problems
    assert sha256_of(tmp_path / "out" / "deep" / "manifest.json") == packed.id
    assert {path.name for path in (tmp_path / "out" / "deep").iterdir()} == {"manifest.json", "sources.json"}


def test_sources_hold_what_they_are_named_by(packed: PackedDataset) -> None:
    for sha256, path in packed.sources.items():
        assert sha256_of(path) == sha256


def test_saving_again_replaces(tmp_path: Path, packed: PackedDataset) -> None:
    packed.save(tmp_path / "out")
    other = pack(write_pairs(tmp_path / "other", 2, first=7))
    other.save(tmp_path / "out")
    assert PackedDataset.load(tmp_path / "out") == other


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"out holds no packed dataset \(No such file"):
        PackedDataset.load(tmp_path / "out")


@pytest.mark.parametrize("file", ["manifest.json", "sources.json"])
@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"sources": 3}', b"\xff"])
def test_damaged(tmp_path: Path, packed: PackedDataset, file: str, content: bytes) -> None:
    packed.save(tmp_path / "out")
    (tmp_path / "out" / file).write_bytes(content)
    with pytest.raises(BadInput, match=r"out is damaged"):
        PackedDataset.load(tmp_path / "out")


def test_sources_of_another_dataset(tmp_path: Path, packed: PackedDataset) -> None:
    packed.save(tmp_path / "out")
    (tmp_path / "out" / "sources.json").write_text(json.dumps({"sources": {}, "problems": []}))
    with pytest.raises(BadInput, match=r"sources\.json lacks images"):
        PackedDataset.load(tmp_path / "out")
