"""Which files were meant."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from armarius.client.errors import NoPages, shown
from armarius.client.pages.text import composed
from armarius.functions.contracts import BadInput, Split

DIGITS = re.compile(r"([0-9]+)")


@dataclass(frozen=True)
class Source:
    """A transcription that was asked for.

    Attributes:
        file: Where it is.
        split: The part it serves, where the person said so.
        from_folder: Found in a folder, not named by itself.
    """

    file: Path
    split: Split | None = None
    from_folder: bool = False


def natural(name: str) -> tuple[tuple[int | str, ...], str]:
    """Returns a key that sorts "p2" before "p10"."""
    parts = DIGITS.split(composed(name).casefold())
    return tuple(int(part) if place % 2 else part for place, part in enumerate(parts)), name


def entries(path: Path) -> list[Path] | None:
    """Returns what a folder holds, without hidden files; None of a file.

    Raises:
        NoPages: It does not exist, or cannot be read.
    """
    try:
        exists, is_folder = path.exists(), path.is_dir()
    except OSError as error:  # a folder above may not be entered, or the name is too long
        raise NoPages(f"{shown(path)} cannot be read: {error.strerror}.") from error
    if not exists:
        raise NoPages(f"{shown(path)} does not exist.", "Check its name and where you are.")
    if not is_folder:
        return None
    try:
        return [each for each in path.iterdir() if not each.name.startswith(".")]
    except OSError as error:
        raise NoPages(f"The folder {shown(path)} cannot be read: {error.strerror}.") from error


def collect(files: Sequence[Path], validation: Sequence[Path] = (), test: Sequence[Path] = ()) -> list[Source]:
    """Lists the transcriptions, each once, by name.

    A file of a folder that is also named for validation or test serves that. Folders are not searched in depth.

    Raises:
        NoPages: Nothing was given, a path does not exist, or a folder cannot be read or holds no XML.
        BadInput: A file is named both for validation and for test.
    """
    if not files and not validation and not test:
        raise NoPages("No pages were given.", "Name ALTO or PAGE files, or a folder of them.")
    found: dict[Path, Source] = {}
    for paths, split in ((files, None), (validation, Split.VALIDATION), (test, Split.TEST)):
        for source in _sources(paths, split):
            key = source.file.resolve()
            before = found.get(key)
            if before and before.split and before.split is not split:
                raise BadInput(f"{shown(source.file)} is named for validation and for test.", "Name it for one.")
            if not before or split:
                found[key] = source
    return sorted(found.values(), key=lambda source: (natural(source.file.name), str(source.file.resolve())))


def _sources(paths: Sequence[Path], split: Split | None) -> Iterable[Source]:
    for path in paths:
        files = entries(path)
        if files is None:
            yield Source(path, split)
        else:
            yield from (Source(file, split, from_folder=True) for file in _transcriptions(path, files))


def _transcriptions(folder: Path, files: Sequence[Path]) -> list[Path]:
    transcriptions = [path for path in files if path.suffix.lower() == ".xml" and path.is_file()]
    if not transcriptions:
        held = f"{len(files)} other files or folders" if files else "nothing"
        raise NoPages(
            f"The folder {shown(folder)} holds no .xml file; it holds {held}.",
            "Give the folder in which the ALTO or PAGE files lie; folders within it are not searched.",
        )
    return transcriptions
