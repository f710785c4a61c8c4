"""Which lines choose the best epoch.

eScriptorium keeps a tenth of the lines apart, wherever they stand. Lines of one page are alike, so a whole page that
the training never saw tells more truly how the next page will be read: from ten pages on, a tenth of the pages
validates. Fewer pages are too dear for that (of three, a third of the text would be lost), and there a tenth of the
lines validates, as eScriptorium does it. A segmentation is judged by whole pages, there as here.

What is chosen depends on the images and lines alone: the same pages always validate, whatever is added.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import replace

from armarius.client.errors import CannotSplit
from armarius.client.pages.reading import ReadPage
from armarius.client.pages.split import Choice
from armarius.functions.contracts import Split

WHOLE_PAGES_FROM = 10
SHARE = 0.1

Placed = tuple[ReadPage, Split]


def split_pages(pages: Sequence[ReadPage]) -> list[Placed]:
    """Gives each page its part, whole.

    Raises:
        CannotSplit: There is only one.
    """
    parts = Choice(SHARE).divide(page.image.sha256 for page in pages)
    return [(page, parts[page.image.sha256]) for page in pages]


def split_texts(pages: Sequence[ReadPage]) -> list[Placed]:
    """Gives each page its part, or each line where there are few pages.

    Raises:
        CannotSplit: There is only one line.
    """
    return split_pages(pages) if len(pages) >= WHOLE_PAGES_FROM else list(_split_lines(pages))


def _split_lines(pages: Sequence[ReadPage]) -> Iterator[Placed]:
    """Yields each page with the lines that train, and once more with those that validate, if there are any."""
    drawn = sorted(_drawn(page, line.id) for page in pages for line in page.checked.lines if line.text)
    if len(drawn) < 2:
        raise CannotSplit("There is a single line with a text.", "Transcribe more of the pages.")
    chosen = set(drawn[: max(1, round(SHARE * len(drawn)))])
    for page in pages:
        validating = {line.id for line in page.checked.lines if line.text and _drawn(page, line.id) in chosen}
        training = {line.id for line in page.checked.lines} - validating
        if any(line.text for line in page.checked.lines if line.id in training):
            yield _with(page, training), Split.TRAIN
        if validating:
            yield _with(page, validating), Split.VALIDATION


def _with(page: ReadPage, lines: set[str]) -> ReadPage:
    """Returns the page with some of its lines; what is to be said of it stays."""
    kept = tuple(line for line in page.checked.lines if line.id in lines)
    return replace(page, checked=replace(page.checked, lines=kept))


def _drawn(page: ReadPage, line: str) -> str:
    """Draws the number of a line."""
    return hashlib.sha256(f"{page.image.sha256} {line}".encode()).hexdigest()
