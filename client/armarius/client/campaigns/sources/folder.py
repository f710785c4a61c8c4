"""A folder of images, searched in depth."""

import os
from collections.abc import Iterator
from pathlib import Path

from armarius.client.campaigns.asked import PageAsked
from armarius.client.campaigns.errors import BadSource
from armarius.client.campaigns.sources.listing import Listing, numbered
from armarius.client.campaigns.sources.names import joined, safe_name
from armarius.client.errors import shown
from armarius.client.pages.collect import natural
from armarius.client.pages.finding import SUFFIXES


def list_folder(folder: Path, without: Path | None = None) -> Listing:
    """Lists the images of a folder and all folders in it, as a person would sort them: "p2" before "p10".

    Links to folders are not followed; what is hidden is left out.

    Args:
        folder: Where to look.
        without: A folder that is not looked into: that of the results may lie within.

    Raises:
        BadSource: It cannot be read, or holds no image.
    """
    root = folder.absolute()
    files = sorted(_images(root, without), key=lambda path: _key(path.relative_to(root)))
    if not files:
        suffixes = ", ".join(SUFFIXES[:6])
        raise BadSource(f"{shown(folder)} holds no image.", f"Images are files with one of {suffixes}, …")
    return Listing(safe_name(shown(Path(root.name))), numbered((_page(root, file) for file in files), shown(folder)))


def _key(path: Path) -> tuple[tuple[tuple[int | str, ...], str], ...]:
    return tuple(natural(shown(Path(part))) for part in path.parts)


def _page(root: Path, file: Path) -> PageAsked:
    inside = file.relative_to(root)
    label, name = shown(inside), safe_name(joined([*inside.parent.parts, inside.stem]))
    try:
        str(file).encode()
    except UnicodeEncodeError:
        return PageAsked(number=1, name=name, label=label, trouble="The name of its file is no text: rename it.")
    return PageAsked(number=1, name=name, label=label, file=file)


def _images(folder: Path, without: Path | None) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        raise BadSource(f"{shown(Path(str(error.filename)))} cannot be read: {error.strerror}.") from error

    excluded = without.absolute() if without else None
    for here, folders, files in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if not name.startswith(".") and Path(here, name) != excluded]
        for name in files:
            path = Path(here, name)
            if not name.startswith(".") and path.suffix.lower() in SUFFIXES and path.is_file():
                yield path
