import errno
import hashlib
import os
from pathlib import Path

import pytest

from armarius.functions.errors import DamagedFile
from armarius.functions.files import copy_verified, replacing, sha256_of, write_bytes


def test_a_file_appears_whole(tmp_path: Path) -> None:
    write_bytes(tmp_path / "deep" / "name.json", b"{}")
    assert (tmp_path / "deep" / "name.json").read_bytes() == b"{}"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["name.json"]


def test_when_writing_fails_the_old_file_stays_and_nothing_is_left(tmp_path: Path) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_at_the_last_moment_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "name"
    path.write_bytes(b"old")

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_copy_is_verified(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"x" * 3_000_000)
    assert copy_verified(source, tmp_path / "a" / "copy", sha256_of(source)) == 3_000_000
    assert sha256_of(tmp_path / "a" / "copy") == hashlib.sha256(b"x" * 3_000_000).hexdigest()


def test_a_changed_source_is_not_copied(tmp_path: Path) -> None:
    source = tmp_path / "page 1.jpg"
    source.write_bytes(b"changed")
    with pytest.raises(DamagedFile, match=r"page 1\.jpg"):
        copy_verified(source, tmp_path / "copy", "0" * 64)
    assert list(tmp_path.iterdir()) == [source]
