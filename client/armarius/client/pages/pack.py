"""From a folder of transcribed pages to a dataset."""

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from armarius.client.errors import CannotSplit, NoPages, PageError, SameImage, UnknownSchema, shown
from armarius.client.pages.collect import Source, collect, natural
from armarius.client.pages.packed import PackedDataset, Problem, reasons_of
from armarius.client.pages.parsed import Direction
from armarius.client.pages.reading import ReadPage, read_page
from armarius.client.pages.split import Choice
from armarius.functions.contracts import BadInput, Manifest, Split

OnPage = Callable[[str, int, int], None]
"""Called after each page with its file's name, how many are done, and how many there are."""

Good = tuple[Source, ReadPage]


def pack(
    files: Sequence[Path],
    *,
    validation: Sequence[Path] = (),
    test: Sequence[Path] = (),
    validation_share: float = 0.1,
    held_out: int = 0,
    all_test: bool = False,
    seed: int = 0,
    kind: str = "recognition",
    on_page: OnPage | None = None,
) -> PackedDataset:
    """Reads transcribed pages and their images, and makes a dataset of all that can be used.

    A bad page does not spoil the good ones: it is left out, and a :class:`Problem` says why.

    Args:
        files: ALTO or PAGE files, or folders of them (not searched in depth; METS and hidden files are passed over).
        validation: Files or folders that validate. If there are any, none is chosen.
        test: Files or folders that training never sees.
        validation_share: Share of ``files`` chosen for validation, at least one page.
        held_out: How many of ``files`` are chosen for test besides.
        all_test: Every page goes into the test split, for an evaluation.
        seed: Another seed chooses other pages.
        kind: Of model that shall learn from the pages: it decides which of them can be used.
        on_page: Told of each page that was read.

    Raises:
        NoPages: A path does not exist, a folder holds nothing, or nothing usable remains; each file has its reason.
        CannotSplit: Too few pages to keep some for validation.
        BadInput: The arguments contradict each other.
    """
    choice = Choice(None if validation else validation_share, held_out, all_test, seed)
    if all_test and (validation or test):
        raise BadInput("All pages test: none can be named for validation or test besides.", "Ask for one of both.")
    sources = collect(files, validation, test)
    problems: list[Problem] = []
    good = _once(_usable(sources, kind, problems, on_page), problems)
    if not good:
        raise NoPages("No page can be used." + reasons_of(problems), "Mend one of them and try again.")
    splits = _splits(sources, good, choice, problems)
    return assemble([(page, splits[page.image.sha256]) for _, page in good], problems)


def assemble(
    placed: Sequence[tuple[ReadPage, Split]], problems: Sequence[Problem], direction: Direction | None = None
) -> PackedDataset:
    """Makes a dataset of pages that were read, whatever they were read from.

    Args:
        placed: The pages with the part that each serves.
        problems: What is known of pages that were left out.
        direction: Of the writing; None for the one that most pages state.
    """
    placed = sorted(placed, key=lambda each: (natural(each[0].name), each[0].image.sha256))
    pages = [page for page, _ in placed]
    own = dict.fromkeys(problem for page in pages for problem in page.problems())
    manifest = Manifest(
        pages=tuple(page.in_split(split) for page, split in placed), text_direction=direction or _direction(pages)
    )
    return PackedDataset(manifest, {page.image.sha256: page.path for page in pages}, (*problems, *own))


def _usable(sources: Sequence[Source], kind: str, problems: list[Problem], on_page: OnPage | None) -> Iterator[Good]:
    """Reads all pages, some at a time (decoding lets other threads work), and yields the good ones in order."""
    pool = ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="pages")
    attempts = zip(sources, pool.map(partial(_attempt, kind), sources), strict=True)
    try:
        for done, (source, read) in enumerate(attempts, 1):
            if isinstance(read, ReadPage):
                yield source, read
            elif not (source.from_folder and isinstance(read, UnknownSchema) and read.root == "mets"):
                problems.append(Problem(source.file, f"{read.what} {read.hint}".strip(), "page"))
            if on_page:
                on_page(shown(Path(source.file.name)), done, len(sources))
    finally:
        pool.shutdown(cancel_futures=True)


def _attempt(kind: str, source: Source) -> ReadPage | PageError:
    try:
        return read_page(source.file, kind)
    except PageError as error:
        return error


def _once(pages: Iterator[Good], problems: list[Problem]) -> list[Good]:
    """Refuses a second page with an image that another has already shown; one that names it truly comes first."""
    ordered = sorted(pages, key=lambda good: good[1].guessed)
    kept = {id(page) for page in distinct([page for _, page in ordered], problems)}
    return [(source, page) for source, page in ordered if id(page) in kept]


def distinct(pages: Sequence[ReadPage], problems: list[Problem]) -> list[ReadPage]:
    """Returns the pages without those whose image another has already shown; they become problems."""
    first: dict[str, ReadPage] = {}
    for page in pages:
        before = first.setdefault(page.image.sha256, page)
        if before is not page:
            error = SameImage(page.file, f"shows the same image as {shown(before.file)}.", "Give only one of them.")
            problems.append(Problem(page.file, f"{error.what} {error.hint}", "page"))
    return list(first.values())


def _splits(
    sources: Sequence[Source], good: Sequence[Good], choice: Choice, problems: Sequence[Problem]
) -> dict[str, Split]:
    """Gives each image its part: what the person said, else what is chosen."""
    said = {page.image.sha256: source.split for source, page in good if source.split}
    free = [page.image.sha256 for source, page in good if not source.split]
    reasons = reasons_of(problems)
    for split, purpose in ((None, "training"), (Split.VALIDATION, "validation"), (Split.TEST, "test")):
        asked = split is None or any(source.split is split for source in sources)
        if asked and not (free if split is None else split in said.values()):
            raise NoPages(f"No page can be used for {purpose}.{reasons}", "Mend one of them, or give others.")
    try:
        return {**choice.divide(free), **said}
    except CannotSplit as error:
        raise CannotSplit(error.message, error.hint + (f" Left out:{reasons}" if reasons else "")) from error


def _direction(pages: Sequence[ReadPage]) -> Direction:
    """Returns the direction that most pages state; left to right if none does."""
    stated = Counter(page.direction for page in pages if page.direction)
    return max(sorted(stated), key=lambda direction: stated[direction], default="horizontal-lr")
