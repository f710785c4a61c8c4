import hashlib
import os
from pathlib import Path
from typing import Any

import pytest

from armarius.client.campaigns.errors import FetchFailed, NotAnImage, TooLarge
from armarius.client.campaigns.web.manners import Manners
from armarius.client.campaigns.web.shelf import Kept, Shelf
from armarius.client.campaigns.web.visitor import Visitor
from support.web import Answer, Web


def shelf(server: Web, folder: Path, most: int = 10**9, **manners: Any) -> Shelf:
    given: dict[str, Any] = {"per_second": 50, "allowed": (server.host,), "tries": 1, "fresh": 0} | manners
    return Shelf(folder, Visitor(Manners(**given)), most)


def got(kept: Shelf, address: str) -> Kept:
    try:
        return kept.get(address, "image", 10_000, lambda _: "text")
    finally:
        kept._visitor.close()


def test_what_was_fetched_is_kept_by_its_content(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = server.says["/b"] = Answer(b"hello")
    kept = shelf(server, tmp_path)
    first, second = got(kept, server.url("/a")), got(kept, server.url("/b"))
    assert first == second
    assert first.path.name == first.sha256 == hashlib.sha256(b"hello").hexdigest()
    assert (first.path.read_bytes(), first.kind) == (b"hello", "text")
    assert not os.access(first.path, os.W_OK) or os.geteuid() == 0
    assert list((tmp_path / "new").iterdir()) == []


def test_what_is_fresh_is_not_asked_for(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"hello")
    for _ in range(2):
        got(shelf(server, tmp_path, fresh=60), server.url("/a"))
    assert len(server.asked) == 1


def test_what_was_kept_as_a_manifest_is_no_image(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"{}", headers={"ETag": '"1"'})
    kept = shelf(server, tmp_path, fresh=60)
    assert kept.get(server.url("/a"), "manifest", 1000, lambda _: "json").kind == "json"
    assert got(kept, server.url("/a")).kind == "text"
    assert kept.get(server.url("/a"), "manifest", 1000, lambda _: "json").kind == "json"
    kept._visitor.close()
    assert len(server.asked) == 2
    assert "if-none-match" not in server.asked[1].headers


def test_more_than_is_wanted_now_is_not_taken_from_here(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"hello")
    kept = shelf(server, tmp_path, fresh=60)
    got(kept, server.url("/a"))
    with pytest.raises(TooLarge):
        kept.get(server.url("/a"), "image", 4, lambda _: "text")
    kept._visitor.close()


def test_what_has_not_changed_is_taken_from_here(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = [Answer(b"hello", headers={"ETag": '"1"'}), Answer(status=304), Answer(b"new")]
    kept = shelf(server, tmp_path)
    first = got(kept, server.url("/a"))
    assert got(kept, server.url("/a")) == first
    assert server.asked[1].headers["if-none-match"] == '"1"'
    assert got(kept, server.url("/a")).path.read_bytes() == b"new"


def test_what_cannot_be_had_now_is_taken_from_here(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = [Answer(b"hello"), Answer(status=503)]
    kept = shelf(server, tmp_path)
    assert got(kept, server.url("/a")) == got(kept, server.url("/a"))
    server.says["/a"] = Answer(status=404)
    with pytest.raises(FetchFailed, match="404"):
        got(kept, server.url("/a"))


def test_what_fails_its_check_is_not_kept(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"<html>")

    def refuse(file: Path) -> str:
        assert file.read_bytes() == b"<html>"
        raise NotAnImage(server.url("/a"), "is no image.")

    kept = shelf(server, tmp_path)
    with pytest.raises(NotAnImage):
        kept.get(server.url("/a"), "image", 1000, refuse)
    kept._visitor.close()
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_content_that_is_gone_or_cut_off_is_fetched_again(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = lambda request: Answer(status=304 if "if-none-match" in request.headers else 200, body=b"hello")
    kept = shelf(server, tmp_path, fresh=60)
    path = got(kept, server.url("/a")).path
    path.unlink()
    assert got(kept, server.url("/a")).path.read_bytes() == b"hello"
    path.chmod(0o600)
    path.write_bytes(b"he")
    assert got(kept, server.url("/a")).path.read_bytes() == b"hello"


def test_a_damaged_note_counts_for_nothing(server: Web, tmp_path: Path) -> None:
    server.says["/a"] = Answer(b"hello")
    kept = shelf(server, tmp_path, fresh=60)
    got(kept, server.url("/a"))
    (note,) = (tmp_path / "addresses").iterdir()
    note.write_bytes(note.read_bytes()[:20])
    got(kept, server.url("/a"))
    assert len(server.asked) == 2


def test_what_was_used_longest_ago_goes_first(server: Web, tmp_path: Path) -> None:
    kept = shelf(server, tmp_path, most=250, fresh=60)
    paths = {}
    for age, name in enumerate("abc"):
        server.says[f"/{name}"] = Answer(name.encode() * 100)
        if name == "c":
            got(kept, server.url("/a"))  # used again
            os.utime(paths["b"], (1000, 1000))
        paths[name] = got(kept, server.url(f"/{name}")).path
        assert age < 3
    assert {name for name, path in paths.items() if path.exists()} == {"a", "c"}
    again = shelf(server, tmp_path, most=250)  # which must count what is there
    server.says["/d"] = Answer(b"d" * 100)
    got(again, server.url("/d"))
    assert sum(path.stat().st_size for path in (tmp_path / "content").rglob("*") if path.is_file()) <= 250


def test_what_a_killed_process_left_goes_in_the_end(server: Web, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    old, new = tmp_path / "new" / "a", tmp_path / "new" / "b"
    old.touch()
    new.touch()
    os.utime(old, (1000, 1000))
    shelf(server, tmp_path)
    assert (old.exists(), new.exists()) == (False, True)
