"""Bare images become pages; what cannot be opened is named and left out."""

from pathlib import Path

import pytest

from armarius.client.errors import NoPages
from armarius.client.pages import PackedDataset, pack_images
from armarius.client.pages import bare as module
from armarius.functions.contracts import BadInput, Split
from armarius.functions.files import sha256_of
from support.pages import L, alto, image_bytes, write_pair
from support.scans import scans


def said(packed: PackedDataset) -> list[tuple[str, str, str]]:
    return [(each.file.name, each.severity, each.what) for each in packed.problems]


def test_each_image_is_a_page_without_lines(tmp_path: Path) -> None:
    paths = scans(tmp_path, 12)
    (tmp_path / "notes.txt").write_text("not an image")
    (tmp_path / ".hidden.png").write_bytes(b"")
    (tmp_path / "inner").mkdir()
    packed = pack_images([tmp_path])
    pages = packed.manifest.pages
    assert [page.name for page in pages] == [f"f{number}" for number in range(1, 13)], "2 before 10"
    assert {(page.split, page.lines, page.regions) for page in pages} == {(Split.TEST, (), ())}
    assert packed.sources[pages[0].image.sha256] == paths[0].resolve()
    assert (pages[0].image.sha256, pages[0].image.width, pages[0].image.height) == (sha256_of(paths[0]), 400, 300)
    assert packed.problems == ()


def test_it_can_be_saved_and_read_again(tmp_path: Path) -> None:
    packed = pack_images(scans(tmp_path / "scans"))
    packed.save(tmp_path / "kept")
    assert PackedDataset.load(tmp_path / "kept") == packed


def test_the_same_image_under_two_names_is_two_pages(tmp_path: Path) -> None:
    for name in ("verso.png", "blank.png"):
        (tmp_path / name).write_bytes(image_bytes(1))
    packed = pack_images([tmp_path])
    assert [page.name for page in packed.manifest.pages] == ["blank", "verso"]
    assert len(packed.manifest.images()) == 1


def test_a_file_that_is_named_twice_is_one_page(tmp_path: Path) -> None:
    (path,) = scans(tmp_path, 1)
    assert len(pack_images([path, tmp_path, path]).manifest.pages) == 1


def test_what_cannot_be_opened_is_named_and_the_others_are_kept(tmp_path: Path) -> None:
    scans(tmp_path, 2)
    (tmp_path / "torn.png").write_bytes(image_bytes(7)[:80])
    (tmp_path / "words.jpg").write_text("I am no image.")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    packed = pack_images([tmp_path])
    assert [page.name for page in packed.manifest.pages] == ["f1", "f2"]
    torn, words = said(packed)
    assert torn[:2] == ("torn.png", "page")
    assert torn[2].startswith("is damaged or cut off (")
    assert words == ("words.jpg", "page", "is no image. Open it and save it again as JPEG, PNG or TIFF.")


def test_more_pixels_than_a_site_opens_are_refused_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_PIXELS", 400 * 300)
    scans(tmp_path, 1)
    (tmp_path / "poster.png").write_bytes(image_bytes(3, (401, 300)))
    packed = pack_images([tmp_path])
    assert [page.name for page in packed.manifest.pages] == ["f1"]
    assert "which no site opens. Scale it down" in said(packed)[0][2]


def test_an_image_on_its_side_is_taken_upright(tmp_path: Path) -> None:
    """As the engine takes it: its lines are found on the image as people see it."""
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    (tmp_path / "photo.jpg").write_bytes(image_bytes(1, (400, 300), "JPEG", exif=exif))
    packed = pack_images([tmp_path])
    image = packed.manifest.pages[0].image
    assert (image.width, image.height) == (300, 400)
    assert said(packed) == [("photo.jpg", "note", "is turned upright first, as it asks for (EXIF 6)")]


def test_nothing_that_can_be_used_is_an_error_with_all_reasons(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_text("no image")
    with pytest.raises(NoPages, match=r"(?s)No image can be used.*a\.png is no image.*b\.png is no image"):
        pack_images([tmp_path])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda folder: [], "No images were given"),
        (lambda folder: [folder / "nowhere"], "does not exist"),
        (lambda folder: [folder], "holds no image; it holds nothing"),
    ],
)
def test_what_was_not_meant_is_refused(tmp_path: Path, make: object, words: str) -> None:
    with pytest.raises(NoPages, match=words):
        pack_images(make(tmp_path))


def test_too_many_are_refused_before_they_are_read(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}.png").touch()
    with pytest.raises(BadInput, match=r"4 pages are more than one job does \(3\)"):
        pack_images([tmp_path], most=3)


def test_each_page_is_told_of(tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    pack_images(scans(tmp_path, 2), on_page=lambda *page: told.append(page))
    assert told == [("f1.png", 1, 2), ("f2.png", 2, 2)]


# Where lines are drawn already ---------------------------------------------------------------------------------------


def test_lines_beside_an_image_are_kept_if_that_is_wished(tmp_path: Path) -> None:
    write_pair(tmp_path, "p1", 1, [L(text=None), L(text=None, id="l2")])
    scans(tmp_path, 1)
    kept = pack_images([tmp_path], drawn=True)
    assert [(page.name, len(page.lines)) for page in kept.manifest.pages] == [("f1", 0), ("p1", 2)]
    assert [(page.name, len(page.lines)) for page in pack_images([tmp_path]).manifest.pages] == [("f1", 0), ("p1", 0)]


def test_a_transcription_can_be_named_itself(tmp_path: Path) -> None:
    file = write_pair(tmp_path, "p1", 1)
    (page,) = pack_images([file], drawn=True).manifest.pages
    assert (page.name, len(page.lines)) == ("p1", 1)
    with pytest.raises(NoPages, match=r"p1\.xml is no image"):
        pack_images([file])


def test_a_page_on_which_nothing_is_drawn_yet_is_good_enough(tmp_path: Path) -> None:
    (tmp_path / "p1.png").write_bytes(image_bytes(1))
    (tmp_path / "p1.xml").write_text(alto("p1.png", []))
    (page,) = pack_images([tmp_path], drawn=True).manifest.pages
    assert page.lines == ()


def test_what_is_broken_beside_an_image_costs_its_lines_alone(tmp_path: Path) -> None:
    scans(tmp_path, 1)
    (tmp_path / "f1.xml").write_text("<alto><Layout>")
    (tmp_path / "mets.xml").write_text("<mets/>")
    packed = pack_images([tmp_path], drawn=True)
    assert [(page.name, page.lines) for page in packed.manifest.pages] == [("f1", ())]
    ((name, severity, what),) = said(packed)
    assert (name, severity) == ("f1.xml", "note")
    assert what.endswith("The lines of its image are found anew.")


def test_of_two_transcriptions_of_an_image_one_counts(tmp_path: Path) -> None:
    write_pair(tmp_path, "p1", 1)
    (tmp_path / "p1.alto.xml").write_text(alto("p1.png", [L(), L(id="l2")]))
    packed = pack_images([tmp_path], drawn=True)
    assert len(packed.manifest.pages) == 1
    assert "shows the same image as" in said(packed)[0][2]
