"""Pages that cannot be used: named, and left out or refused."""

import struct
import zlib
from pathlib import Path

import pytest

from support.cli import Home
from support.pages import SIZE, L, alto, image_bytes, write_pair

from .commands import accepted, armarius, refused

SECRET = "nobody may read this"


def cut_off(folder: Path) -> Path:
    file = write_pair(folder, "cut_off", 101)
    file.write_text(file.read_text()[:-200])
    return file


def empty_file(folder: Path) -> Path:
    file = write_pair(folder, "empty_file", 102)
    file.write_bytes(b"")
    return file


def no_xml(folder: Path) -> Path:
    file = write_pair(folder, "no_xml", 103)
    file.write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n" + bytes(range(256)))
    return file


def login_page(folder: Path) -> Path:
    file = write_pair(folder, "login_page", 104)
    file.write_text("<!DOCTYPE html><html><body>Please log in</body></html>")
    return file


def billion_laughs(folder: Path) -> Path:
    file = write_pair(folder, "billion_laughs", 105)
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    declared = f'<!DOCTYPE alto [<!ENTITY l0 "laugh">{entities}]>'
    file.write_text(declared + alto("billion_laughs.png", [L(text="LAUGH")]).replace("LAUGH", "&l9;"))
    return file


def external_entity(folder: Path) -> Path:
    file = write_pair(folder, "external_entity", 106)
    secret = folder.parent / "secret.txt"
    secret.write_text(SECRET)
    declared = f'<!DOCTYPE alto [<!ENTITY secret SYSTEM "{secret.as_uri()}">]>'
    file.write_text(declared + alto("external_entity.png", [L(text="READ")]).replace("READ", "&secret;"))
    return file


def missing_image(folder: Path) -> Path:
    file = write_pair(folder, "missing_image", 107)
    (folder / "missing_image.png").unlink()
    return file


def image_outside(folder: Path) -> Path:
    file = write_pair(folder, "image_outside", 108)
    (folder / "image_outside.png").rename(folder.parent / "image_outside.png")
    file.write_text(alto("../image_outside.png"))
    return file


def text_as_image(folder: Path) -> Path:
    file = folder / "text_as_image.xml"
    file.write_text(alto("text_as_image.jpg"))
    (folder / "text_as_image.jpg").write_text("The scan is on the other disk.")
    return file


def image_cut_off(folder: Path) -> Path:
    file = folder / "image_cut_off.xml"
    file.write_text(alto("image_cut_off.jpg"))
    content = image_bytes(109, form="JPEG")
    (folder / "image_cut_off.jpg").write_bytes(content[: len(content) // 2])
    return file


def bomb(folder: Path) -> Path:
    """A PNG of a few hundred bytes that would be ten billion pixels."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 100_000, 100_000, 8, 0, 0, 0, 0))
    content = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(1000))) + chunk(b"IEND", b"")
    (folder / "bomb.png").write_bytes(content)
    file = folder / "bomb.xml"
    file.write_text(alto("bomb.png", size=(100_000, 100_000)))
    return file


def another_size(folder: Path) -> Path:
    file = write_pair(folder, "another_size", 110)
    file.write_text(alto("another_size.png", size=(SIZE[0] * 2, SIZE[1])))
    return file


def no_lines(folder: Path) -> Path:
    return write_pair(folder, "no_lines", 111, [])


def nothing_transcribed(folder: Path) -> Path:
    return write_pair(folder, "nothing_transcribed", 112, [L(text=""), L(text=None, id="l2")])


BAD = (
    cut_off, empty_file, no_xml, login_page, billion_laughs, external_entity, missing_image, image_outside,
    text_as_image, image_cut_off, bomb, another_size, no_lines, nothing_transcribed,
)  # fmt: skip


def test_bad_pages_beside_good_ones_are_named_and_left_out(home: Home, pages: Path, tmp_path: Path) -> None:
    bad = [spoil(pages) for spoil in BAD]
    job, said = accepted(home, "train", pages, "-o", tmp_path / "out")
    for file in bad:
        assert sum(line.startswith(f"page  {file}: ") for line in said.splitlines()) == 1, file.name
    assert "2 pages, 2 lines (2 transcribed)" in said
    shown, _ = armarius(home, "show", str(job["id"]), codes=(0,))
    assert "2 pages" in shown
    assert SECRET not in said + shown


def test_bad_pages_alone_are_refused_by_their_names(home: Home, tmp_path: Path) -> None:
    folder = tmp_path / "only"
    folder.mkdir()
    bad = [spoil(folder) for spoil in BAD]
    said = refused(home, "train", folder, "-o", tmp_path / "out", "--detach")
    assert [file.name for file in bad if f"{file} " not in said] == []
    assert SECRET not in said
    assert not (tmp_path / "out").exists()


def test_a_single_page_cannot_be_divided(home: Home, tmp_path: Path) -> None:
    file = write_pair(tmp_path / "one", "p1", 1)
    said = refused(home, "train", file, "-o", tmp_path / "out", "--detach")
    assert "single page" in said
    accepted(home, "train", file, "-e", write_pair(tmp_path / "two", "p2", 2), "-o", tmp_path / "out")


@pytest.mark.parametrize("holds", ["nothing", "other files", "no such folder"])
def test_a_folder_without_pages(home: Home, tmp_path: Path, holds: str) -> None:
    folder = tmp_path / "my scans"
    if holds != "no such folder":
        folder.mkdir()
    if holds == "other files":
        (folder / "notes.docx").touch()
    assert "my scans" in refused(home, "train", folder, "-o", tmp_path / "out", "--detach")
