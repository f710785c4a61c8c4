import hashlib
import json
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest

from armarius.client.campaigns.asked import ImageService, PageAsked
from armarius.client.campaigns.errors import FetchFailed, NotAnImage
from armarius.client.campaigns.images import Brought, ImagesBrought
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.campaigns.web.manners import Manners
from armarius.client.campaigns.web.shelf import Shelf
from armarius.client.campaigns.web.visitor import Visitor
from support.campaigns import asked
from support.pages import image_bytes
from support.web import Answer, Web

PNG, JPEG = image_bytes(1), image_bytes(2, form="JPEG")


def bring(server: Web, folder: Path, page: dict[str, Any], **manners: Any) -> Brought:
    polite = Manners(per_second=50, allowed=(server.host,), tries=1, fresh=60, **manners)
    visitor = Visitor(polite)
    try:
        wish = asked("f1r", manners=polite)
        images = ImagesBrought(CampaignPlace(folder / "out"), wish, Shelf(folder / "shelf", visitor, 10**9))
        return images.bring(PageAsked(number=1, name="f1r", **page))
    finally:
        visitor.close()


def test_a_file_is_looked_at(server: Web, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(PNG)
    brought = bring(server, tmp_path, {"file": tmp_path / "a.png"})
    assert brought == Brought(tmp_path / "a.png", hashlib.sha256(PNG).hexdigest(), len(PNG))
    with pytest.raises(FetchFailed, match="is gone"):
        bring(server, tmp_path, {"file": tmp_path / "b.png"})


def test_a_disk_that_is_away_may_come_back_and_a_file_that_was_renamed_may_not(server: Web, tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    with pytest.raises(FetchFailed, match="is gone") as away:
        bring(server, tmp_path, {"file": disk / "letters" / "a.png"})
    disk.mkdir()
    with pytest.raises(FetchFailed, match="is gone") as empty:
        bring(server, tmp_path, {"file": disk / "a.png"})
    (disk / "b.png").write_bytes(PNG)
    with pytest.raises(FetchFailed, match="is gone") as renamed:
        bring(server, tmp_path, {"file": disk / "a.png"})
    assert (away.value.transient, empty.value.transient, renamed.value.transient) == (True, True, False)


def test_an_address_is_fetched_and_bears_its_pages_name(server: Web, tmp_path: Path) -> None:
    server.says["/scan"] = Answer(JPEG, headers={"Content-Type": "text/html"})
    brought = bring(server, tmp_path, {"address": server.url("/scan")})
    assert brought.file == tmp_path / "out" / "0001-f1r.jpg"
    assert brought.file.read_bytes() == JPEG
    (kept,) = (path for path in (tmp_path / "shelf" / "content").rglob("*") if path.is_file())
    assert kept.samefile(brought.file)
    assert bring(server, tmp_path, {"address": server.url("/scan")}) == brought
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("version", "path"),
    [(1, "/i/full/full/0/native.jpg"), (2, "/i/full/full/0/default.jpg"), (3, "/i/full/max/0/default.jpg")],
)
def test_a_service_is_asked_for_the_whole_image(server: Web, tmp_path: Path, version: Any, path: str) -> None:
    server.says[path] = Answer(PNG)
    bring(server, tmp_path, {"service": ImageService(id=server.url("/i"), version=version)})
    assert [request.path for request in server.asked] == [path]


def test_a_service_that_does_not_say_how_it_speaks_is_asked(server: Web, tmp_path: Path) -> None:
    server.says["/i/info.json"] = Answer(json.dumps({"@context": "http://iiif.io/api/image/3/context.json"}).encode())
    server.says["/i/full/max/0/default.jpg"] = Answer(PNG)
    bring(server, tmp_path, {"service": ImageService(id=server.url("/i"))})
    assert len(server.asked) == 2


def test_a_width_is_asked_for(server: Web, tmp_path: Path) -> None:
    info = {"width": 8000, "profile": "level0", "type": "ImageService3", "sizes": [{"width": 1000, "height": 1500}]}
    server.says["/i/info.json"] = Answer(json.dumps(info).encode())
    server.says["/i/full/1000,1500/0/default.jpg"] = Answer(PNG)
    service = ImageService(id=server.url("/i"), version=3)
    bring(server, tmp_path, {"service": service, "address": server.url("/full")}, max_width=2500)
    assert server.asked_for("/full") == []


def test_where_a_service_fails_its_image_is_taken(server: Web, tmp_path: Path) -> None:
    server.says["/i/info.json"] = Answer(b"<html>")
    server.says["/scan"] = Answer(PNG)
    page = {"service": ImageService(id=server.url("/i"), version=2), "address": server.url("/scan")}
    bring(server, tmp_path, page, max_width=1000)
    assert [request.path for request in server.asked] == ["/i/info.json", "/i/full/full/0/default.jpg", "/scan"]


def test_a_busy_service_is_not_passed_over(server: Web, tmp_path: Path) -> None:
    server.says["/i/full/full/0/default.jpg"] = Answer(status=503)
    page = {"service": ImageService(id=server.url("/i"), version=2), "address": server.url("/scan")}
    with pytest.raises(FetchFailed, match="503") as caught:
        bring(server, tmp_path, page)
    assert caught.value.transient


def bomb(width: int, height: int) -> bytes:
    """A PNG of some bytes that says it has so many pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>not found</html>", "is no image"),
        (PNG[:200], "is damaged or cut off"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is no image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is no image"),
        (b"", "is no image"),
    ],
)
def test_what_is_no_image_is_not_kept(server: Web, tmp_path: Path, content: bytes, why: str) -> None:
    server.says["/scan"] = Answer(content)
    with pytest.raises(NotAnImage, match=why) as caught:
        bring(server, tmp_path, {"address": server.url("/scan")})
    assert caught.value.message.startswith(server.url("/scan"))
    assert not caught.value.transient
    assert not (tmp_path / "out").exists()
    assert [path for path in (tmp_path / "shelf").rglob("*") if path.is_file()] == []


def test_an_image_that_would_fill_the_memory_is_not_decoded(server: Web, tmp_path: Path) -> None:
    server.says["/scan"] = Answer(bomb(40_000, 40_000))
    with pytest.raises(NotAnImage, match="more than 500 million pixels"):
        bring(server, tmp_path, {"address": server.url("/scan")})


def test_an_image_that_no_site_opens_is_not_kept(server: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("armarius.client.campaigns.images.MOST_PIXELS", 1000)
    server.says["/scan"] = Answer(PNG)
    with pytest.raises(NotAnImage, match="Ask for narrower images"):
        bring(server, tmp_path, {"address": server.url("/scan")})
