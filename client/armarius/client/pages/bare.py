"""From images, with or without transcriptions beside them, to a dataset whose pages are to be segmented or read."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from armarius.client.errors import BadImage, NoPages, PageError, UnknownSchema, shown
from armarius.client.pages.checks import Checked
from armarius.client.pages.collect import entries, natural
from armarius.client.pages.finding import SUFFIXES
from armarius.client.pages.images import SIDEWAYS, read_image
from armarius.client.pages.pack import OnPage, assemble
from armarius.client.pages.packed import PackedDataset, Problem, reasons_of
from armarius.client.pages.reading import ReadPage, read_page
from armarius.functions.contracts import MOST_PAGES, BadInput, Split

MOST_PIXELS = 89_478_485
"""Of a page that a site opens: Pillow's own bound against images that are made to fill the memory."""

TURNED = range(2, 9)
"""EXIF orientations of images that the engine turns or mirrors before it looks at them."""

NOTHING = Checked((), (), ())

Read = Callable[[Path], ReadPage]


@dataclass(frozen=True)
class _Source:
    """A file that was asked for; ``from_folder`` if its folder was."""

    file: Path
    from_folder: bool

    @property
    def is_xml(self) -> bool:
        """Whether it says something of an image."""
        return self.file.suffix.lower() == ".xml"


def pack_images(
    files: Sequence[Path], *, drawn: bool = False, most: int = MOST_PAGES, on_page: OnPage | None = None
) -> PackedDataset:
    """Reads images, and makes a dataset of all that can be opened. Each file is one page.

    A bad image does not spoil the good ones: it is left out, and a :class:`Problem` says why.

    Args:
        files: Images, or folders of them (not searched in depth; hidden files and all others are passed over).
        drawn: Keep the lines that ALTO or PAGE files beside the images have drawn. Such a file can be named, too.
        most: How many pages there may be.
        on_page: Told of each page that was read.

    Raises:
        NoPages: A path does not exist, a folder holds no image, or no image can be used; each has its reason.
        BadInput: There are too many.
    """
    sources = _collect(files, drawn=drawn)
    images = [source for source in sources if not source.is_xml]
    if len(images) > most:
        raise _too_many(len(images), most)
    problems: list[Problem] = []
    named = [source for source in sources if source.is_xml]
    transcribed = _one_for_each_image(_read(named, _drawn if drawn else _bare, problems, None), problems)
    bare = [source for source in images if source.file.resolve() not in transcribed]
    pages = [*transcribed.values(), *_read(bare, _bare, problems, on_page)]
    if not pages:
        raise NoPages("No image can be used." + reasons_of(problems), "Mend one of them and try again.", problems)
    if len(pages) > most:
        raise _too_many(len(pages), most)
    return assemble([(page, Split.TEST) for page in pages], problems)


def _one_for_each_image(pages: Iterable[ReadPage], problems: list[Problem]) -> dict[Path, ReadPage]:
    """Returns the pages by their images; of several that show the same, the first counts."""
    found: dict[Path, ReadPage] = {}
    for page in pages:
        before = found.setdefault(page.path, page)
        if before is not page:
            problems.append(Problem(page.file, f"shows the same image as {shown(before.file)}, which counts.", "note"))
    return found


def _too_many(number: int, most: int) -> BadInput:
    return BadInput(f"{number:,} pages are more than one job does ({most:,}).", "Give them as several jobs.")


# Which files were meant ------------------------------------------------------------------------------------------


def _collect(files: Sequence[Path], *, drawn: bool) -> list[_Source]:
    """Lists the files, each once, by name."""
    if not files:
        raise NoPages("No images were given.", "Name image files, or a folder of them.")
    found: dict[Path, _Source] = {}
    for path in files:
        for source in _sources(path, drawn=drawn):
            before = found.get(source.file.resolve())
            if before is None or before.from_folder:
                found[source.file.resolve()] = source
    return sorted(found.values(), key=lambda source: (natural(source.file.name), str(source.file.resolve())))


def _sources(path: Path, *, drawn: bool) -> Iterator[_Source]:
    held = entries(path)
    if held is None:
        yield _Source(path, from_folder=False)
        return
    wanted = (*SUFFIXES, ".xml") if drawn else SUFFIXES
    chosen = [file for file in held if file.suffix.lower() in wanted and file.is_file()]
    if not chosen:
        held_words = f"{len(held)} other files or folders" if held else "nothing"
        raise NoPages(
            f"The folder {shown(path)} holds no image; it holds {held_words}.",
            "Give the folder in which the images lie; folders within it are not searched.",
        )
    yield from (_Source(file, from_folder=True) for file in chosen)


# Reading them ----------------------------------------------------------------------------------------------------


def _read(
    sources: Sequence[_Source], read: Read, problems: list[Problem], on_page: OnPage | None
) -> Iterator[ReadPage]:
    """Reads pages, some at a time (decoding lets other threads work), and yields the good ones in order."""

    def attempt(source: _Source) -> ReadPage | PageError:
        try:
            return read(source.file)
        except PageError as error:
            return error

    pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="images")
    try:
        for done, (source, came) in enumerate(zip(sources, pool.map(attempt, sources), strict=True), 1):
            if isinstance(came, ReadPage):
                yield came
            elif problem := _problem(source, came):
                problems.append(problem)
            if on_page:
                on_page(shown(Path(source.file.name)), done, len(sources))
    finally:
        pool.shutdown(cancel_futures=True)


def _problem(source: _Source, error: PageError) -> Problem | None:
    """Says what is wrong with a file. In a folder, XML that says nothing of an image means nothing."""
    if source.is_xml and source.from_folder:
        if isinstance(error, UnknownSchema):
            return None
        return Problem(source.file, f"{error.what} The lines of its image are found anew.", "note")
    return Problem(source.file, f"{error.what} {error.hint}".strip(), "page")


def _drawn(file: Path) -> ReadPage:
    """Reads a page on which lines are drawn; what the lines say does not matter."""
    return read_page(file, "none")


def _bare(file: Path) -> ReadPage:
    """Reads an image alone. One that EXIF asks to be turned is taken upright, and so are the lines found on it."""
    if file.suffix.lower() == ".xml":
        raise BadImage(file, "is no image.", "Name the image itself.")
    read = read_image(file, file)
    if read.image.width * read.image.height > MOST_PIXELS:
        what = f"is an image of more than {MOST_PIXELS // 1_000_000} million pixels, which no site opens."
        raise BadImage(file, what, "Scale it down, or cut it into pages.")
    turned = f"(EXIF {read.orientation})"
    image, notes = read.image, [note for note in read.notes if turned not in note]
    if read.orientation in SIDEWAYS:
        image = image.model_copy(update={"width": image.height, "height": image.width})
    if read.orientation in TURNED:
        notes.append(f"is turned upright first, as it asks for {turned}")
    return ReadPage(file, image, file.resolve(), NOTHING, None, False, tuple(notes))
