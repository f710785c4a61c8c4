"""Reading a page image once: its digest, its size, and whether every pixel of it is there."""

import hashlib
import threading
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import Image

from armarius.client.errors import BadImage, shown
from armarius.client.pages.text import composed
from armarius.functions.contracts import PageImage
from armarius.functions.images import FORMATS

MOST_PIXELS = 500_000_000
MOST_BYTES = 2 * 1024**3
ORIENTATION = 0x0112
"""The EXIF tag that asks a viewer to turn the image."""
SIDEWAYS = range(5, 9)
SAVE_AGAIN = "Open it and save it again as JPEG, PNG or TIFF."

_pillow_limit = threading.Lock()


@dataclass(frozen=True)
class ReadImage:
    """An image that is whole.

    Attributes:
        image: What the manifest says of it.
        orientation: Its EXIF orientation; 1 is upright.
        notes: What a person may want to know.
    """

    image: PageImage
    orientation: int
    notes: tuple[str, ...] = ()


def read_image(file: Path, path: Path) -> ReadImage:
    """Reads and decodes a whole image.

    Args:
        file: The transcription that it belongs to, or the image itself; named in errors.
        path: The image.

    Raises:
        BadImage: It cannot be read, is no image, is cut off, or is too large.
    """
    content = _content(file, path)
    with _opened(file, path, content) as image:
        kind = image.format or ""
        orientation, notes = _decode(file, path, image)
        width, height = image.size
    if _expected(path) not in {kind, None} and kind != "MPO":  # MPO: a camera's JPEG that holds a preview too
        notes = (*notes, f"{_name(path)} is in truth a {kind} image")
    return ReadImage(
        PageImage(
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            name=_name(path),
            width=width,
            height=height,
            format=kind,
        ),
        orientation,
        notes,
    )


def check_size(file: Path, read: ReadImage, declared: tuple[int, int] | None) -> None:
    """Makes sure that the coordinates of a transcription are those of its image.

    Raises:
        BadImage: The image is turned by EXIF, or has another size than the transcription says.
    """
    real = (read.image.width, read.image.height)
    what = f"its image {read.image.name} has {real[0]} x {real[1]} pixels"
    if read.orientation in SIDEWAYS:
        # Programs disagree whether to obey the tag, so the coordinates could mean either image.
        raise BadImage(
            file,
            f"cannot be used: {what} and an EXIF orientation ({read.orientation}) that swaps width and height.",
            "Save the image upright, without that tag, and check that the lines still lie where they should.",
        )
    if declared is None or declared == real:
        return
    said = f"but the transcription was made on {declared[0]} x {declared[1]}"
    turned = ": width and height are swapped" if declared == real[::-1] else ""
    raise BadImage(file, f"cannot be used: {what}, {said}{turned}.", "Give the very image that was transcribed.")


def _content(file: Path, path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadImage(file, _said(file, path, "of more than 2 GB."), SAVE_AGAIN)
        return path.read_bytes()
    except OSError as error:
        raise BadImage(file, _said(file, path, f"that cannot be read: {error.strerror}.")) from error


def _opened(file: Path, path: Path, content: bytes) -> Image.Image:
    """Reads an image's header."""
    try:
        with _pillow_limit:  # Pillow's limit is one number for the whole process: it goes back at once
            usual, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, MOST_PIXELS
            try:
                image: Image.Image = Image.open(BytesIO(content), formats=FORMATS)
            finally:
                Image.MAX_IMAGE_PIXELS = usual
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(file, path) from error
    except Exception as error:  # the decoders raise almost anything at damaged files
        raise BadImage(file, _said(file, path, "that is no image."), SAVE_AGAIN) from error
    if image.width * image.height > MOST_PIXELS:
        raise _too_large(file, path)
    return image


def _too_large(file: Path, path: Path) -> BadImage:
    what = _said(file, path, f"of more than {MOST_PIXELS // 1_000_000} million pixels.")
    return BadImage(file, what, "Scale the scan down and transcribe that, or cut it into pages.")


def _decode(file: Path, path: Path, image: Image.Image) -> tuple[int, tuple[str, ...]]:
    """Decodes every pixel; a shorter look would miss a file that was cut off."""
    try:
        orientation = int(image.getexif().get(ORIENTATION, 1))
        frames = int(getattr(image, "n_frames", 1)) if image.format != "MPO" else 1
        image.load()
    except Exception as error:  # as above
        what = _said(file, path, f"that is damaged or cut off ({error}).")
        raise BadImage(file, what, "Fetch or save the image again.") from error
    notes = [f"{_name(path)} holds {frames} images; the first counts"] if frames > 1 else []
    if orientation in range(2, 5):
        notes.append(f"{_name(path)} asks to be turned or mirrored (EXIF {orientation}): check its lines")
    return orientation, tuple(notes)


def _said(file: Path, path: Path, what: str) -> str:
    """Returns the rest of a sentence that begins with the file's name: an image may stand for itself."""
    if file != path:
        return f"has an image, {_name(path)}, {what}"
    return what.removeprefix("that ") if what.startswith("that ") else f"is an image {what}"


def _expected(path: Path) -> str | None:
    """Returns the format that a file's name promises."""
    formats: dict[str, str] = Image.registered_extensions()
    return formats.get(path.suffix.lower())


def _name(path: Path) -> str:
    return composed(shown(Path(path.name)))
