"""What people give by mistake, and what may come from anywhere: named, refused, and never a traceback."""

import io
import json
import os
import re
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image

from support.cli import PATIENCE, Home
from support.engine_process import find_kraken_python
from support.pages import SIZE, L, alto, image_bytes, write_pair, write_pairs

SECRET = "nobody may read this"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A home whose engine is not needed: all of this is known before."""
    return Home(tmp_path / "home", Path(sys.executable))


@pytest.fixture
def pages(tmp_path: Path) -> Path:
    """Two good pages."""
    return write_pairs(tmp_path / "pages", 2)[0].parent


def armarius(home: Home, *arguments: "str | Path", codes: tuple[int, ...]) -> tuple[str, str]:
    """Runs a command, and returns what it prints to standard output and to standard error."""
    command = home.command(*(os.fspath(argument) for argument in arguments))
    done = subprocess.run(
        command, env=home.environment, capture_output=True, text=True, errors="surrogateescape", timeout=PATIENCE
    )
    assert done.returncode in codes, f"ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr + done.stdout
    assert "Error:" not in done.stderr, "the name of an exception is no message"
    return done.stdout, done.stderr


def refused(home: Home, *arguments: "str | Path", codes: tuple[int, ...] = (2,)) -> str:
    """Runs a command that must be refused, and returns what it says."""
    out, err = armarius(home, *arguments, codes=codes)
    assert out == ""
    assert "error: " in err
    return err


def accepted(home: Home, *arguments: "str | Path") -> tuple[dict[str, object], str]:
    """Runs a command that writes a job down, and returns that job and what was said besides."""
    out, err = armarius(home, *arguments, "--detach", "--json", codes=(0,))
    job = json.loads(out)
    assert job["state"] == "packed"
    return job, err


# Pages that cannot be used --


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


# Models that cannot be used --


def segmentation_model() -> bytes:
    """Returns the segmentation model that kraken brings along."""
    python = find_kraken_python()
    found = list(python.parent.parent.glob("lib/python3.*/site-packages/kraken/blla.mlmodel")) if python else []
    if not found:
        pytest.skip("no kraken environment: set ARMARIUS_KRAKEN_PYTHON or run `make envs`")
    return found[0].read_bytes()


def test_a_model_for_something_else(home: Home, pages: Path, tmp_path: Path) -> None:
    model = tmp_path / "blla.mlmodel"
    model.write_bytes(segmentation_model())
    said = refused(home, "train", pages, "-i", model, "-o", tmp_path / "out", "--detach")
    assert "blla.mlmodel is a model for segmentation, not for recognition" in said


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("empty.safetensors", b""),
        ("garbage.safetensors", b"garbage\n" * 100),
        ("zeros.safetensors", bytes(1000)),
        ("empty.mlmodel", b""),
        ("garbage.mlmodel", b"garbage\n" * 100),
        ("other.pt", b"garbage\n"),
    ],
)
def test_a_corrupt_model(home: Home, pages: Path, tmp_path: Path, name: str, content: bytes) -> None:
    model = tmp_path / name
    model.write_bytes(content)
    assert model.name in refused(home, "train", pages, "-i", model, "-o", tmp_path / "out", "--detach")


def test_a_model_that_was_cut_off(home: Home, pages: Path, tmp_path: Path) -> None:
    model = tmp_path / "half.mlmodel"
    model.write_bytes(segmentation_model()[:100_000])
    assert "half.mlmodel is damaged" in refused(home, "evaluate", pages, "-m", model, "-o", tmp_path / "out")


def test_a_model_that_is_none(home: Home, pages: Path, tmp_path: Path) -> None:
    for model in (tmp_path / "nowhere.mlmodel", pages):
        assert model.name in refused(home, "train", pages, "-i", model, "-o", tmp_path / "out", "--detach")


# Names --

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


# Where it shall be written --


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


# Disks --

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
