import os
from pathlib import Path
from typing import Any

import pytest

from cloud.copying import File, digest, is_up_to_date, kept, walk

NO_TEMPORARY_FILES = [{"method": "exclude", "name": "*.tmp", "type": "file"}]


@pytest.mark.parametrize(
    ("rules", "name", "kind", "expected"),
    [
        (None, "a.tmp", "file", True),
        (NO_TEMPORARY_FILES, "a.tmp", "file", False),
        (NO_TEMPORARY_FILES, "a.tmp", "dir", True),
        ([{"method": "include", "name": "a*"}, {"method": "exclude", "name": "*"}], "abc", "file", True),
        ([{"method": "include", "name": "a*"}, {"method": "exclude", "name": "*"}], "b", "dir", False),
    ],
)
def test_rules(rules: list[dict[str, Any]] | None, name: str, kind: str, expected: bool) -> None:
    assert kept(name, kind, rules) is expected


def test_walk(tmp_path: Path) -> None:
    (tmp_path / "pages" / "deep").mkdir(parents=True)
    for name in ("b", "pages/a.tmp", "pages/deep/c"):
        (tmp_path / name).touch()
    assert [(str(path), folder) for path, folder in walk(tmp_path, NO_TEMPORARY_FILES)] == [
        ("pages", True), ("b", False), ("pages/deep", True), ("pages/deep/c", False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("level", "destination", "older", "expected"),
    [
        (None, b"same", False, False),
        (0, b"other", True, True),
        (1, b"diff", True, True),
        (1, b"longer", False, False),
        (2, b"diff", False, True),
        (2, b"same", True, False),
        (3, b"same", True, True),
        (3, b"diff", False, False),
        (3, None, False, False),
    ],
)
def test_sync_levels(tmp_path: Path, level: int | None, destination: bytes | None, older: bool, expected: bool) -> None:
    file = File(tmp_path / "from", tmp_path / "to", "/from", "/to", "SHA256", None)
    file.source.write_bytes(b"same")
    if destination is not None:
        file.destination.write_bytes(destination)
        changed = file.source.stat().st_mtime + (-10 if older else 10)
        os.utime(file.destination, (changed, changed))
    assert is_up_to_date(file, level) is expected


@pytest.mark.parametrize("algorithm", ["SHA-256", "sha256", "SHA256"])
def test_names_of_algorithms(tmp_path: Path, algorithm: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    assert digest(tmp_path / "file", algorithm).startswith("e3b0c44298fc1c14")
