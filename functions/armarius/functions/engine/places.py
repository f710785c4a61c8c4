"""Where on which page a compiled line comes from."""

from collections.abc import Sequence
from typing import NamedTuple

from armarius.functions.contracts import Manifest, Split


class Place(NamedTuple):
    """A line of the dataset with its transcription."""

    page: str
    line: str
    text: str


NOWHERE = Place("", "", "")


def transcribed(manifest: Manifest, split: Split) -> list[Place]:
    """Returns every transcribed line of a split, in the order in which they are compiled."""
    return [
        Place(page.name, line.id, line.text)
        for page in manifest.in_split(split)
        for line in page.lines
        if line.text and line.text.strip()
    ]


def places(texts: Sequence[str], lines: Sequence[Place]) -> list[Place]:
    """Finds compiled lines again in the dataset, of which some may have been left out.

    They keep their order. Matched by their texts once from the front and once from the back, those are certain that
    are found at the same place both times.

    Args:
        texts: The transcriptions of the compiled lines, in order.
        lines: What :func:`transcribed` returns.

    Returns:
        The place of each; :data:`NOWHERE` where it is not certain.
    """
    first = _matched(texts, lines)
    last = _matched(texts[::-1], lines[::-1])[::-1]
    return [one if one == other else NOWHERE for one, other in zip(first, last, strict=True)]


def _matched(texts: Sequence[str], lines: Sequence[Place]) -> list[Place]:
    """Gives each text the first line that has it and comes after that of the text before."""
    rest = iter(lines)
    return [next((place for place in rest if place.text == text), NOWHERE) for text in texts]
