import unicodedata
from pathlib import Path

import pytest

from armarius.client.errors import ImageMissing
from armarius.client.pages.finding import find_image
from support.pages import image_bytes

NFC, NFD = "é", "e\u0301"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "my 'quoted\" folder"
    folder.mkdir()
    (tmp_path / "outside.png").write_bytes(image_bytes())
    return folder


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(image_bytes())
    return path


@pytest.mark.parametrize("name", ["p1.png", "a b.png", 'it\'s "it".png', "images/p1.png", "..p1.png", "&<>.png"])
def test_finds_the_name_as_written(folder: Path, name: str) -> None:
    image = put(folder / name)
    assert find_image(folder / "p.xml", name) == (image, None)


def test_finds_windows_separators(folder: Path) -> None:
    image = put(folder / "images" / "p1.png")
    assert find_image(folder / "p.xml", "images\\p1.png") == (image, None)


@pytest.mark.parametrize(("written", "stored"), [(NFC, NFD), (NFD, NFC)])
def test_composed_and_decomposed_names_are_the_same(folder: Path, written: str, stored: str) -> None:
    image = put(folder / f"d{stored}" / f"f{stored}.png")
    found, remark = find_image(folder / "p.xml", f"d{written}/f{written}.png")
    assert unicodedata.normalize("NFC", str(found)) == unicodedata.normalize("NFC", str(image))
    assert found.exists()
    assert remark is None


@pytest.mark.parametrize(
    "written",
    ["../outside.png", "sub/../../outside.png", "{parent}/outside.png", "..\\outside.png", "C:\\scans\\outside.png"],
)
def test_never_leaves_the_folder(folder: Path, written: str) -> None:
    file = folder / "p 1.xml"
    with pytest.raises(ImageMissing) as caught:
        find_image(file, written.format(parent=folder.parent))
    assert str(file) in str(caught.value)
    assert "outside.png" in str(caught.value)


@pytest.mark.parametrize("written", ["../scans/p1.png", "/srv/scans/p1.png", "https://example.org/x/p1.png"])
def test_the_last_part_of_a_path_is_looked_for_beside_the_file(folder: Path, written: str) -> None:
    image = put(folder / "p1.png")
    found, remark = find_image(folder / "p.xml", written)
    assert found == image
    assert remark is not None
    assert written in remark


@pytest.mark.parametrize(("stem", "image"), [("p 1", "p 1.jpg"), ("p1.jpg", "p1.jpg"), ("p1", "p1.TIFF")])
def test_falls_back_to_the_files_own_name(folder: Path, stem: str, image: str) -> None:
    put(folder / image)
    found, remark = find_image(folder / f"{stem}.xml", "lost.png")
    assert found.name == image
    assert remark is not None
    assert "lost.png" in remark


def test_the_fall_back_is_the_same_every_time(folder: Path) -> None:
    for name in ("p.webp", "p.png", "p.jpg", "p.txt"):
        put(folder / name)
    assert find_image(folder / "p.xml", "lost.png")[0].name == "p.jpg"


def test_does_not_follow_a_link_out_of_the_folder(folder: Path) -> None:
    (folder / "p1.png").symlink_to(folder.parent / "outside.png")
    (folder / "up").symlink_to(folder.parent)
    for written in ("p1.png", "up/outside.png"):
        with pytest.raises(ImageMissing):
            find_image(folder / "p1.xml", written)


def test_follows_a_link_within_the_folder(folder: Path) -> None:
    put(folder / "images" / "real.png")
    (folder / "p1.png").symlink_to("images/real.png")
    assert find_image(folder / "p.xml", "p1.png") == (folder / "p1.png", None)


def test_a_link_in_a_circle_is_no_image(folder: Path) -> None:
    (folder / "p1.png").symlink_to("p1.png")
    with pytest.raises(ImageMissing):
        find_image(folder / "p.xml", "p1.png")


@pytest.mark.parametrize("written", ["x" * 5000, ".", "/", "p1.png/more.png", "images"])
def test_strange_names_are_missing_images(folder: Path, written: str) -> None:
    put(folder / "p1.png")
    (folder / "images").mkdir()
    with pytest.raises(ImageMissing):
        find_image(folder / "p.xml", written)


def test_a_folder_that_cannot_be_listed_has_no_namesake(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    put(folder / "p.png")
    monkeypatch.setattr(Path, "iterdir", refuse)
    assert find_image(folder / "p.xml", "p.png")[0].name == "p.png"
    with pytest.raises(ImageMissing):
        find_image(folder / "p.xml", "lost.png")
