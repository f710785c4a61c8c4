"""One page from disk: its transcription, its image, and what of both can be used."""

from dataclasses import dataclass
from pathlib import Path

from armarius.client.errors import shown
from armarius.client.pages.alto import parse_alto
from armarius.client.pages.checks import Checked, check
from armarius.client.pages.finding import find_image
from armarius.client.pages.images import check_size, read_image
from armarius.client.pages.packed import Problem
from armarius.client.pages.page import parse_page
from armarius.client.pages.parsed import Direction
from armarius.client.pages.text import composed
from armarius.client.pages.xml import Schema, read_xml
from armarius.functions.contracts import Page, PageImage, Split

PARSERS = {Schema.ALTO: parse_alto, Schema.PAGE: parse_page}


@dataclass(frozen=True)
class ReadPage:
    """A page that can be used; only its split is still open.

    Attributes:
        file: Its transcription.
        image: Its image.
        path: Where the image is.
        checked: Its lines and regions.
        direction: Of the writing, if the file says.
        guessed: The image bears another name than the transcription gives.
        notes: What a person may want to know about the image.
    """

    file: Path
    image: PageImage
    path: Path
    checked: Checked
    direction: Direction | None
    guessed: bool
    notes: tuple[str, ...]

    @property
    def name(self) -> str:
        """What people call the page: its transcription's name, without the suffix."""
        return composed(shown(Path(self.file.stem)))

    def problems(self) -> list[Problem]:
        """Returns what was left out of it and what is worth knowing."""
        remarks = [Problem(self.file, text, kind) for kind, text in self.checked.remarks]
        return [*remarks, *(Problem(self.file, note, "note") for note in self.notes)]

    def in_split(self, split: Split) -> Page:
        """Returns the page as the manifest holds it."""
        return Page(
            name=self.name, image=self.image, split=split, lines=self.checked.lines, regions=self.checked.regions
        )


def read_page(file: Path, kind: str = "recognition") -> ReadPage:
    """Reads a transcription and its image.

    Args:
        file: The transcription.
        kind: Of model that shall learn from the page.

    Raises:
        PageError: The page cannot be used.
    """
    schema, root = read_xml(file)
    parsed = PARSERS[schema](root, file)
    path, remark = find_image(file, parsed.image)
    read = read_image(file, path)
    check_size(file, read, parsed.size)
    checked = check(file, parsed, read.image.width, read.image.height, kind)
    notes = (*read.notes, remark) if remark else read.notes
    return ReadPage(file, read.image, path.resolve(), checked, parsed.direction, remark is not None, notes)
