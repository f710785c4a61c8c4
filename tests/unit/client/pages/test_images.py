import hashlib
import io
import struct
import warnings
import zlib
from pathlib import Path

import pytest
from PIL import Image

from armarius.client.errors import BadImage
from armarius.client.pages import images
from armarius.client.pages.images import ORIENTATION, check_size, read_image
from support.pages import SIZE, image_bytes

FILE = Path("p 1.xml")


def put(tmp_path: Path, content: bytes, name: str = "p1.png") -> Path:
    path = tmp_path / name
    path.write_bytes(content)
    return path


def png_of(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(bytes(1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return image_bytes(form="JPEG", exif=exif)


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("PNG", "a.png"),
        ("JPEG", "a.JPG"),
        ("TIFF", "a.tif"),
        ("WEBP", "a.webp"),
        ("JPEG2000", "a.jp2"),
        ("PPM", "a.ppm"),
    ],
)
def test_reads(tmp_path: Path, form: str, name: str) -> None:
    content = image_bytes(form=form)
    read = read_image(FILE, put(tmp_path, content, name))
    assert read.image.sha256 == hashlib.sha256(content).hexdigest()
    assert (read.image.size, read.image.name, read.image.format) == (len(content), name, form)
    assert (read.image.width, read.image.height, read.orientation, read.notes) == (*SIZE, 1, ())


def test_another_format_than_the_name_says_is_a_note(tmp_path: Path) -> None:
    read = read_image(FILE, put(tmp_path, image_bytes(), "p1.jpg"))
    assert read.image.format == "PNG"
    assert read.notes == ("p1.jpg is in truth a PNG image",)


@pytest.mark.parametrize("content", [b"", b"Dear sir,\n", b"<svg/>", b"%!PS-Adobe-3.0 EPSF-3.0\n", b"\xff\xd8\xff"])
def test_refuses_what_is_no_image(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadImage, match=r"p 1\.xml has an image, p1\.jpg, that is no image"):
        read_image(FILE, put(tmp_path, content, "p1.jpg"))


@pytest.mark.parametrize("form", ["PNG", "JPEG", "TIFF", "WEBP"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_refuses_an_image_that_is_cut_off(tmp_path: Path, form: str, share: float) -> None:
    stream = io.BytesIO()
    Image.effect_noise(SIZE, 60).convert("RGB").save(stream, form)
    content = stream.getvalue()
    with pytest.raises(BadImage, match=r"p 1\.xml has an image, p1\.png, that is"):
        read_image(FILE, put(tmp_path, content[: int(len(content) * share)]))


def test_refuses_damaged_pixels(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match="damaged or cut off"):
        read_image(FILE, put(tmp_path, png_of(400, 300)))


@pytest.mark.parametrize("size", [(100_000, 100_000), (30_000, 20_000), (2**31 - 1, 2**31 - 1)])
@pytest.mark.parametrize("action", ["error", "ignore"])
def test_refuses_a_decompression_bomb(tmp_path: Path, size: tuple[int, int], action: str) -> None:
    before = Image.MAX_IMAGE_PIXELS
    with warnings.catch_warnings():
        warnings.simplefilter(action)
        with pytest.raises(BadImage, match=r"p 1\.xml has an image, p1\.png, of more than 500 million pixels"):
            read_image(FILE, put(tmp_path, png_of(*size)))
    assert before == Image.MAX_IMAGE_PIXELS


def test_an_image_above_pillows_own_limit_is_no_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    assert read_image(FILE, put(tmp_path, image_bytes())).image.width == SIZE[0]
    assert Image.MAX_IMAGE_PIXELS == 100


def test_refuses_a_huge_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(images, "MOST_BYTES", 10)
    with pytest.raises(BadImage, match=r"p 1\.xml has an image, p1\.png, of more than"):
        read_image(FILE, put(tmp_path, image_bytes()))


def test_names_an_image_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadImage, match=r"gone\.png, that cannot be read: No such file"):
        read_image(FILE, tmp_path / "gone.png")


def test_several_images_in_one_file_are_a_note(tmp_path: Path) -> None:
    content = image_bytes(form="TIFF", save_all=True, append_images=[Image.new("RGB", SIZE)])
    assert "holds 2 images" in read_image(FILE, put(tmp_path, content, "p.tif")).notes[0]


@pytest.mark.parametrize(("orientation", "notes"), [(1, 0), (2, 1), (3, 1), (4, 1)])
def test_a_turn_that_keeps_the_size_is_a_note(tmp_path: Path, orientation: int, notes: int) -> None:
    read = read_image(FILE, put(tmp_path, turned(orientation), "p.jpg"))
    check_size(FILE, read, SIZE)
    assert len(read.notes) == notes


@pytest.mark.parametrize("orientation", range(5, 9))
@pytest.mark.parametrize("declared", [SIZE, SIZE[::-1], None])
def test_refuses_an_image_turned_sideways(tmp_path: Path, orientation: int, declared: tuple[int, int]) -> None:
    read = read_image(FILE, put(tmp_path, turned(orientation), "p.jpg"))
    with pytest.raises(BadImage, match=rf"p 1\.xml cannot .*EXIF orientation \({orientation}\)"):
        check_size(FILE, read, declared)


def test_refuses_another_size(tmp_path: Path) -> None:
    read = read_image(FILE, put(tmp_path, image_bytes()))
    check_size(FILE, read, SIZE)
    check_size(FILE, read, None)
    with pytest.raises(BadImage, match=r"p1\.png has 400 x 300 pixels, but .* 800 x 600\. Give"):
        check_size(FILE, read, (800, 600))
    with pytest.raises(BadImage, match="width and height are swapped"):
        check_size(FILE, read, (300, 400))
