"""Places in which nothing can be written."""

import json
import os
import sys
from pathlib import Path

import pytest

from support.cli import Home

from .commands import refused


def test_results_overwrite_nothing(home: Home, pages: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    assert "thesis holds something" in refused(home, "train", pages, "-o", tmp_path / "thesis", "--detach")
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.txt"]
    assert json.loads(home.run("jobs", "--json")) == []


def test_results_cannot_go_into_a_file(home: Home, pages: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for output in (tmp_path / "file", tmp_path / "file" / "deep"):
        assert str(output) in refused(home, "train", pages, "-o", output, "--detach")


@pytest.mark.parametrize("place", ["itself", "below it"])
def test_a_home_that_cannot_be_written_is_named(tmp_path: Path, pages: Path, place: str) -> None:
    file = tmp_path / "a file"
    file.touch()
    home = Home(file if place == "itself" else file / "home", Path(sys.executable))
    for command in (["jobs"], ["train", pages, "-o", tmp_path / "out", "--detach"]):
        assert str(file) in refused(home, *command, codes=(1,))


def test_a_home_that_holds_something_else_is_named(home: Home) -> None:
    home.path.mkdir()
    (home.path / "journal.sqlite").write_text("This is no journal, but a shopping list.")
    assert "journal" in refused(home, "jobs", codes=(1,))


def test_a_site_file_that_cannot_be_understood_is_named(home: Home) -> None:
    sites = home.path / "config" / "sites"
    sites.mkdir(parents=True)
    for content in ("kind = ", 'kind = "cloud"', "\udcff"):
        (sites / "big-cluster.toml").write_bytes(os.fsencode(content))
        assert "big-cluster.toml" in refused(home, "jobs", codes=(1,))
