"""A campaign whose process is killed for good: another one goes on, and each page is there once."""

import json
from pathlib import Path

from support.cli import Home, until
from support.page_engine import write_page_engine
from support.scans import scans


def test_each_page_once_whoever_is_killed(tmp_path: Path) -> None:
    control, out = tmp_path / "control", tmp_path / "out"
    home = Home(tmp_path / "home", write_page_engine(control, first=5))
    scans(tmp_path / "scans", 12)
    start = ("campaign", "start", str(tmp_path / "scans"), "-o", str(out), "-f", "page")
    with home.started(*start) as process:
        until(lambda: len(list(control.glob("done-*"))) == 5, "five pages done", process)
    shown = json.loads(home.run("campaign", "show", str(out), "--json"))
    assert (shown["state"], shown["done"]) == ("ready", 0)
    with home.started("campaign", "watch", str(out)) as process:
        until(lambda: home.run("campaign", "show", str(out), "--json").count("running"), "it runs again", process)
        (control / "all").touch()
        until(lambda: len(list(control.glob("done-*"))) == 12, "all pages done", process)
    ended = json.loads(home.run("campaign", "watch", str(out), "--json"))
    assert (ended["state"], ended["done"], ended["left_out"]) == ("finished", 12, 0)
    told = json.loads((out / "pages.json").read_text())["pages"]
    assert [page["label"] for page in told] == [f"f{number}.png" for number in range(1, 13)]
    for page in told:
        (name,) = page["files"]
        assert (out / name).read_text() == f"page of {page['image']['sha256']}"
    assert len(list(out.glob("*.xml"))) == 12
    assert {len(path.read_text().splitlines()) for path in control.glob("done-*")} == {1}, "a page was done twice"
