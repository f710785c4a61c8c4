"""What a report says of work on pages, where it would speak of a training else."""

from armarius.client.foresight import end_of
from armarius.client.jobs.request import JobKind
from armarius.client.pageresults import PagesTold
from armarius.client.report.facts import Facts
from armarius.client.wording import Tile
from armarius.client.words import NOTHING, count, duration, percent

GLOSSARY = {
    JobKind.SEGMENT: "A line is where letters stand; a region is an area of the page.",
    JobKind.TRANSCRIBE: "Confidence is what the model thinks of its own reading; it may be wrong where it is sure.",
}

_VERBS = {JobKind.SEGMENT: ("Segmented", "Segmenting"), JobKind.TRANSCRIBE: ("Transcribed", "Transcribing")}


def done(facts: Facts, spent: str) -> str:
    """Says what came of it.

    Args:
        facts: The job.
        spent: How long that took, and where.
    """
    told = facts.told
    what = f"{len(told.done)} of {count(told.whole + len(told.not_packed), 'page')}"
    return f"{_VERBS[facts.request.kind][0]} {what} {spent}{_found(told)}."


def so_far(facts: Facts) -> str:
    """Says how many pages were done before the end."""
    told = facts.told
    return f" after {len(told.done)} of {count(told.whole, 'page')}" if told.whole else " before a page was done"


def under_way(facts: Facts, where: str) -> str:
    """Says how far it is."""
    foretold = end_of(facts.progress[-1]) if facts.progress else ""
    rest = f", {foretold}" if foretold else ""
    told = facts.told
    return f"{_VERBS[facts.request.kind][1]}{where}: {len(told.pages)} of {count(told.whole, 'page')} done{rest}."


def left_out(told: PagesTold) -> tuple[tuple[str, str], ...]:
    """Returns all pages that were left out by their names, and why: images that could not be packed first."""
    return (*told.not_packed, *((page.name, page.message) for page in told.left_out))


def tiles(facts: Facts) -> tuple[Tile, ...]:
    """Returns the figures that stand out."""
    told = facts.told
    out = len(left_out(told))
    shown = [
        Tile("Pages done", str(len(told.done)), f"{out} left out" if out else "none left out"),
        Tile("Lines", str(told.lines), f"{sum(page.regions for page in told.pages)} regions"),
    ]
    if told.characters:
        shown.append(Tile("Characters read", str(told.characters), f"mean confidence {percent(told.confidence)}"))
    shown.append(Tile("A page took", duration(told.seconds) if told.seconds is not None else NOTHING, "in the mean"))
    return tuple(shown)


def _found(told: PagesTold) -> str:
    if not told.done:
        return ""
    read = f", {count(told.characters, 'character')}" if told.characters else ""
    return f": {count(told.lines, 'line')}{read}"
