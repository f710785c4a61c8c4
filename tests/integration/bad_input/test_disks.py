"""Disks without room, and those that cannot be written."""

import io
import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from support.cli import Home
from support.pages import alto

from .commands import armarius, refused

Mount = Callable[[Path, str], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """A maker of small disks in memory."""
    mounted: list[Path] = []

    def make(folder: Path, options: str) -> None:
        if os.geteuid() != 0:
            pytest.skip("only root can make a small disk")
        folder.mkdir(parents=True)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no disk can be made here: {done.stderr.strip()}")
        mounted.append(folder)

    yield make
    for folder in reversed(mounted):
        subprocess.run(["umount", folder], check=True)


def large_pages(folder: Path) -> Path:
    """Writes two pages of two megabytes each: noise cannot be compressed."""
    size = (900, 800)
    folder.mkdir()
    for name in ("p1", "p2"):
        stream = io.BytesIO()
        Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3)).save(stream, "PNG")
        (folder / f"{name}.png").write_bytes(stream.getvalue())
        (folder / f"{name}.xml").write_text(alto(f"{name}.png", size=size))
    return folder


def failed(home: Home, *arguments: "str | Path") -> str:
    """Runs a command that fails on the way, and returns all that it says."""
    out, err = armarius(home, *arguments, codes=(1,))
    assert "Failed: " in out
    assert json.loads(home.run("jobs", "--json"))[0]["state"] == "failed"
    return out + err


def test_a_site_without_room_for_the_pages(home: Home, tmp_path: Path, mount: Mount) -> None:
    mount(home.path / "site", "size=1m")
    said = failed(home, "train", large_pages(tmp_path / "large"), "-o", tmp_path / "out")
    assert "local has 1 MB free; the pages need 4 MB" in said


def test_a_site_that_cannot_be_written(home: Home, pages: Path, tmp_path: Path, mount: Mount) -> None:
    mount(home.path / "site", "size=1m,ro")
    assert "Read-only file system" in failed(home, "train", pages, "-o", tmp_path / "out")


def fill(folder: Path) -> None:
    """Writes until nothing more fits."""
    with pytest.raises(OSError, match="No space"), (folder / "filling").open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))


def test_a_home_without_room(home: Home, pages: Path, tmp_path: Path, mount: Mount) -> None:
    mount(home.path, "size=1m")
    home.run("jobs")
    fill(home.path)
    refused_with = "".join(armarius(home, "train", pages, "-o", tmp_path / "out", "--detach", codes=(1,)))
    assert str(home.path) in refused_with or "journal" in refused_with
    (home.path / "filling").unlink()
    assert json.loads(home.run("jobs", "--json")) == []


def test_results_without_room(home: Home, pages: Path, tmp_path: Path, mount: Mount) -> None:
    mount(tmp_path / "small", "size=1m")
    fill(tmp_path / "small")
    said = refused(home, "train", pages, "-o", tmp_path / "small" / "out", "--detach", codes=(1, 2))
    assert str(tmp_path / "small" / "out") in said
