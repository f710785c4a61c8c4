"""From the pages of tasks that were pressed together to a packed dataset."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from armarius.client.errors import BadImage, ImageMissing, PageError
from armarius.client.escriptorium.data.gathering import kept
from armarius.client.escriptorium.data.reading import DIRECTIONS, points
from armarius.client.escriptorium.host.shelf import media_root
from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.pressing.wish import Wish
from armarius.client.pages import PackedDataset, Problem
from armarius.client.pages.bare import MOST_PIXELS, NOTHING
from armarius.client.pages.checks import Checked, check
from armarius.client.pages.images import read_image
from armarius.client.pages.pack import assemble
from armarius.client.pages.parsed import Direction, ParsedLine, ParsedPage
from armarius.client.pages.reading import ReadPage
from armarius.functions.contracts import PageImage, Split

UPRIGHT = 1
"""The EXIF orientation of an image that is to be seen as it is stored."""

PAGE, LINE = "part-", "line-"
"""How pages and lines are called outside of eScriptorium, before their primary keys."""


@dataclass
class Packing:
    """What became of pages.

    Attributes:
        packed: Those that are sent; None where there are none.
        problems: Why others cannot be, by primary key, as the rest of a sentence. A page that is in neither has nothing
            that could be read.
    """

    packed: PackedDataset | None = None
    problems: dict[int, str] = field(default_factory=dict)


def pack(wish: Wish, parts: Sequence[int], folder: Path, on_page: Callable[[], None] = lambda: None) -> Packing:
    """Reads pages and packs what can be used.

    Args:
        wish: What is to be done to them.
        parts: Primary keys.
        folder: Where their images are linked to, so that nobody takes them away while they are sent.
        on_page: Called after each.
    """
    made = Packing()
    pages: list[ReadPage] = []
    for pk in parts:
        try:
            page = _read(pk, wish)
        except PageError as error:
            made.problems[pk] = f"{error.what} {error.hint}".strip()
        else:
            if page is not None:
                pages.append(page)
        on_page()
    if pages:
        held = [(replace(page, path=kept(page, folder)), Split.TEST) for page in pages]
        problems = [Problem(page_name(pk), what, "page") for pk, what in made.problems.items()]
        made.packed = assemble(held, problems, wish.direction)
    return made


def page_name(pk: int) -> Path:
    """Returns what a page is called outside of eScriptorium."""
    return Path(f"{PAGE}{pk}")


def key_of(name: str, prefix: str) -> int | None:
    """Returns the primary key in the name of a page or a line; None in that of something else."""
    number = name.removeprefix(prefix)
    return int(number) if name.startswith(prefix) and number.isdecimal() else None


def _read(pk: int, wish: Wish) -> ReadPage | None:
    """Reads a page and its image; None where there is nothing to read on it.

    Raises:
        PageError: It cannot be used.
    """
    name = page_name(pk)
    part = table("DocumentPart").objects.select_related("document__main_script").filter(pk=pk).first()
    if part is None:
        raise ImageMissing(name, "is not there any more.")
    if wish.process == "transcribe" and not part.lines.exists():
        return None
    path = media_root() / part.image.name
    if not path.is_file():
        raise ImageMissing(name, f"has no image: {part.image.name} is not in MEDIA_ROOT.", "Upload the page again.")
    image = _image(name, path)
    checked = NOTHING if wish.process == "segment" else _drawn(name, part, image)
    if wish.process == "transcribe" and not checked.lines:
        if not checked.remarks:
            return None
        raise PageError(name, f"has no line that can be read ({checked.remarks[0][1]}).", "Segment it again.")
    return ReadPage(name, image, path.resolve(), checked, _direction(part), guessed=False, notes=())


def _image(name: Path, path: Path) -> PageImage:
    """Reads an image whole, and calls it by its page.

    Raises:
        BadImage: It cannot be used.
    """
    read = read_image(name, path)
    if read.orientation != UPRIGHT:  # a site turns it; eScriptorium's own kraken does not, and reads it afterwards
        what = f"has an image that asks to be turned or mirrored (EXIF orientation {read.orientation})."
        raise BadImage(name, what, "Save the image upright, without that tag, and upload it again.")
    if read.image.width * read.image.height > MOST_PIXELS:
        what = f"has an image of more than {MOST_PIXELS // 1_000_000} million pixels, which no site opens."
        raise BadImage(name, what, "Scale it down, or cut it into pages.")
    return read.image.model_copy(update={"name": f"{name}{path.suffix.lower()}"})


def _drawn(name: Path, part: Any, image: PageImage) -> Checked:
    """Returns the lines of a page; their primary keys are in their names."""
    size, warnings = (image.width, image.height), list[str]()
    lines = [
        ParsedLine(
            f"{LINE}{pk}",
            points(baseline, f"line {pk}: its baseline", warnings),
            points(mask, f"line {pk}: its outline", warnings),
            None,
        )
        for pk, baseline, mask in part.lines.order_by("order", "pk").values_list("pk", "baseline", "mask")
        if baseline  # eScriptorium passes over lines without
    ]
    parsed = ParsedPage(image.name, size, tuple(lines), warnings=tuple(warnings))
    return check(name, parsed, *size, "none")


def _direction(part: Any) -> Direction | None:
    stated = getattr(part.document.main_script, "text_direction", None)
    return cast(Direction, stated) if stated in DIRECTIONS else None
