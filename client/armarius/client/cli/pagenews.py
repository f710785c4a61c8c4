"""What there is to tell of work on pages: each that is left out, and now and then how far it is."""

from collections.abc import Iterator

from armarius.client.foresight import end_of
from armarius.client.pageresults import PagesTold
from armarius.client.wording import wording_of
from armarius.client.words import count, percent
from armarius.functions.contracts import Phase, Progress

TELL_SHARE, TELL_SECONDS = 0.1, 30.0
"""How far it is, is told when so much more is done, or so much time has passed."""

MOST_NAMED = 10
"""Pages that were left out and are named in a summary; all are in the report."""


class PageNews:
    """Remembers how far the pages were when it was last told."""

    def __init__(self) -> None:
        self._told = 0
        self._at: float | None = None

    def news(self, line: Progress) -> Iterator[str]:
        """Yields what is worth telling of a line of progress; nothing where it is of no page."""
        if line.page is None or line.phase is not Phase.READING:
            return
        if not line.page.done:
            yield f"left out     {line.page.page}: {line.page.message}"
        whole = line.steps_per_epoch or line.step
        begun = line.at if self._at is None else self._at
        much = line.step >= whole or line.step - self._told >= TELL_SHARE * whole
        if much or line.at - begun >= TELL_SECONDS:
            self._told, begun = line.step, line.at
            yield "   ".join(part for part in (pages_of(line), speed_of(line), end_of(line)) if part)
        self._at = begun


def pages_of(line: Progress) -> str:
    """Says how many pages are done or left out, such as "12 of 40 pages"."""
    return f"{line.step} of {count(line.steps_per_epoch or 0, 'page')}"


def speed_of(line: Progress) -> str:
    """Says how fast it goes; empty where that is not known."""
    return wording_of("segmentation").speed(line)


def pages_in_brief(told: PagesTold) -> list[str]:
    """Says in a few lines what came of pages."""
    read = f", {count(told.characters, 'character')} read" if told.characters else ""
    sure = f" with a mean confidence of {percent(told.confidence)}" if told.confidence is not None else ""
    lines = [f"{len(told.done)} of {count(told.whole, 'page')} done: {count(told.lines, 'line')}{read}{sure}"]
    if told.pages and not told.done:
        lines = [f"None of {count(told.whole, 'page')} could be done: the reasons are below."]
    lines += [f"left out {page.name}: {page.message}" for page in told.left_out[:MOST_NAMED]]
    more = len(told.left_out) - MOST_NAMED
    return lines + ([f"… and {count(more, 'more page')} left out, all in the report"] if more > 0 else [])
