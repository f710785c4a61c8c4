"""Names, which may be any text."""

import os
import re
import sys
from pathlib import Path

import pytest

from support.cli import Home
from support.pages import write_pair

from .commands import accepted

NAMES = (
    "with blanks", "l'été \"so\"", "a;b&c$(id)`id`", "[bold]x {name} 100%s #5?a=b", "שלום 手稿 🖋", "n\u0303 decomposed",
    "-f", "~",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_will_do(tmp_path: Path, name: str) -> None:
    home = Home(tmp_path / name / "home", Path(sys.executable))
    folder = tmp_path / name / "pages" / name
    for number in (1, 2):
        write_pair(folder, f"{name} {number}", number)
    (folder / f"{name} 3.xml").write_text("<alto>")
    output = tmp_path / name / "out" / name
    job, said = accepted(home, "train", folder, "-o", output, "--name", name)
    assert (job["name"], job["output"]) == (name, str(output))
    assert f"{name} 3.xml" in said
    assert name in home.run("show", str(job["id"]))
    assert home.run("report", str(job["id"])).strip() == str(output / "report.html")


def test_a_name_that_is_no_text(home: Home, pages: Path, tmp_path: Path) -> None:
    raw = os.fsdecode(b"p\xff.xml")
    try:
        write_pair(pages, "p9", 9).rename(pages / raw)
        (pages / os.fsdecode(b"cut off \xff.xml")).touch()
    except OSError:
        pytest.skip("this file system takes UTF-8 names alone")
    _, said = accepted(home, "train", pages, "-o", tmp_path / "out")
    assert "3 pages" in said
    assert re.search(r"cut off .{1,6}\.xml: is empty", said)
