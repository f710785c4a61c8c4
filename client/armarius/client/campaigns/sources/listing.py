"""What a source comes to: pages in order, and what was remarkable."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from armarius.client.campaigns.asked import MOST_ASKED, PageAsked
from armarius.client.campaigns.errors import BadSource


@dataclass(frozen=True)
class Listing:
    """The pages of a source.

    Attributes:
        name: What to call it; a safe name.
        pages: In their order, numbered from 1.
        notes: What was remarkable, for people.
    """

    name: str
    pages: tuple[PageAsked, ...]
    notes: tuple[str, ...] = ()

    def digest(self) -> str:
        """Returns what changes when a page is another, comes or goes."""
        digest = hashlib.sha256()
        for page in self.pages:
            digest.update(page.canonical_json() + b"\n")
        return digest.hexdigest()


def numbered(pages: Iterable[PageAsked], source: str) -> tuple[PageAsked, ...]:
    """Gives pages their numbers.

    Raises:
        BadSource: There are none, or too many.
    """
    found: list[PageAsked] = []
    for number, page in enumerate(pages, 1):
        if number > MOST_ASKED:
            raise BadSource(f"{source} has more than {MOST_ASKED} pages.", "Divide it, and begin several campaigns.")
        found.append(page.model_copy(update={"number": number}))
    if not any(not page.trouble for page in found):
        raise BadSource(f"{source} holds no page that has an image.", found[0].trouble if found else "")
    return tuple(found)
