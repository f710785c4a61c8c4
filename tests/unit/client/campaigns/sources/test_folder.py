import os
from pathlib import Path

import pytest

from armarius.client.campaigns.errors import BadSource
from armarius.client.campaigns.sources.folder import list_folder


def touch(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_images_in_depth_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path, "vol 10/p1.jpg", "vol 2/p10.jpg", "vol 2/p9.JPG", "a.tif", "notes.txt", "p1.xml")
    touch(tmp_path, ".hidden/p1.jpg", ".p2.jpg", "out/images/0001-p1.jpg")
    listing = list_folder(tmp_path, without=tmp_path / "out")
    assert [page.name for page in listing.pages] == ["a", "vol-2-p9", "vol-2-p10", "vol-10-p1"]
    assert [page.number for page in listing.pages] == [1, 2, 3, 4]
    assert listing.pages[1].file == tmp_path / "vol 2" / "p9.JPG"
    assert listing.digest() == list_folder(tmp_path, without=tmp_path / "out").digest()
    touch(tmp_path, "b.png")
    assert listing.digest() != list_folder(tmp_path, without=tmp_path / "out").digest()


def test_links_in_a_circle_are_no_trouble(tmp_path: Path) -> None:
    touch(tmp_path, "a.png")
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone")
    assert len(list_folder(tmp_path).pages) == 1


def test_a_name_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).touch()
    touch(tmp_path, "d.png")
    listing = list_folder(tmp_path)
    assert [(page.name, bool(page.trouble)) for page in listing.pages] == [("caf", True), ("d", False)]
    assert "rename" in listing.pages[0].trouble
    assert listing.digest()


def test_a_folder_without_images_says_so(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    with pytest.raises(BadSource, match="holds no image") as caught:
        list_folder(tmp_path)
    assert ".jpg" in caught.value.hint
