"""Finding a page's image without ever leaving the folder of its transcription."""

from pathlib import Path, PurePosixPath

from armarius.client.errors import ImageMissing, shown
from armarius.client.pages.text import composed

SUFFIXES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".webp", ".jp2", ".bmp", ".gif", ".pnm", ".ppm", ".pgm")
"""What an image may be called, in the order in which a page's own name is tried."""


def find_image(file: Path, written: str) -> tuple[Path, str | None]:
    """Finds the image of a page: by the name that the transcription gives, else by the transcription's own name.

    A name that is absolute, climbs out of the folder, or is a link to a place outside of it, is not followed.

    Args:
        file: The transcription.
        written: The name of the image as the transcription gives it.

    Returns:
        The image, and a remark if it bears another name than written.

    Raises:
        ImageMissing: There is none.
    """
    folder = file.absolute().parent
    for name in dict.fromkeys((written, written.replace("\\", "/"))):
        found = _inside(folder, name)
        if found:
            return found, None
    found = _inside(folder, PurePosixPath(written.replace("\\", "/")).name) or _namesake(folder, file)
    if found is None:
        raise ImageMissing(
            file,
            f"names the image {written[:200]!r}, which is not in its folder.",
            f"Put it there, or an image called {shown(Path(file.stem))} with one of {', '.join(SUFFIXES[:5])}.",
        )
    return found, f"names the image {written[:200]!r}; {shown(Path(found.name))} beside it was taken"


def _inside(folder: Path, name: str) -> Path | None:
    """Returns the file of that name in the folder or below it, if it really lies there."""
    parts = PurePosixPath(name).parts
    if not parts or ".." in parts or parts[0].startswith("/"):
        return None
    path: Path | None = folder
    for part in parts:
        path = _child(path, part) if path else None
    return path if path and _lies_in(folder, path) else None


def _child(folder: Path, name: str) -> Path | None:
    """Returns the entry of that name, be it written composed or decomposed."""
    exact = folder / name
    try:
        if exact.exists():
            return exact
        wanted = composed(name)
        return next((path for path in sorted(folder.iterdir()) if composed(path.name) == wanted), None)
    except OSError:  # a name too long for the file system, or a part that is no folder
        return None


def _lies_in(folder: Path, path: Path) -> bool:
    try:
        real = path.resolve(strict=True)
        return real.is_file() and real.is_relative_to(folder.resolve())
    except (OSError, RuntimeError):  # a link to nowhere, or in a circle
        return False


def _namesake(folder: Path, file: Path) -> Path | None:
    """Returns the image called as the transcription: "p1.jpg" for "p1.xml", and for "p1.jpg.xml" too."""
    stem = composed(file.stem)
    try:
        images = [path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES]
    except OSError:  # a folder whose files may be opened but not listed
        return None
    named = [path for path in images if stem in {composed(path.stem), composed(path.name)} and _lies_in(folder, path)]
    return min(named, key=lambda path: (SUFFIXES.index(path.suffix.lower()), path.name), default=None)
