"""Which pages validate and test: chosen once, by content, so that the same pages always serve the same."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from armarius.client.errors import CannotSplit
from armarius.functions.contracts import BadInput, Split


@dataclass(frozen=True)
class Choice:
    """How pages are divided, whole, between training, validation and test.

    Each page draws a number from its own image and the seed, and those with the lowest are chosen. So neither the
    order of pages nor their names matter, and a page that is added changes the part of few others: it pushes out at
    most one for each part that it enters.

    Attributes:
        validation_share: Share of the pages that are not held out, from 0 up to 1; at least one page validates, and
            at least one trains. None: those that validate were named, and none is chosen.
        held_out: How many pages are kept for a test that training never sees.
        all_test: Every page tests.
        seed: Another seed chooses other pages.
    """

    validation_share: float | None = 0.1
    held_out: int = 0
    all_test: bool = False
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises BadInput at numbers that mean nothing."""
        if self.validation_share is not None and not 0 <= self.validation_share < 1:
            raise BadInput(f"{self.validation_share} is no share for validation.", "Give one from 0 up to 1.")
        if self.held_out < 0:
            raise BadInput(f"{self.held_out} pages cannot be held out.", "Give 0 or more.")
        if self.all_test and self.held_out:
            raise BadInput("All pages test: none can be held out besides.", "Ask for one of both.")

    def divide(self, images: Iterable[str]) -> dict[str, Split]:
        """Returns the part of each page.

        Args:
            images: The digest of each page's image.

        Raises:
            CannotSplit: Too few pages.
        """
        pages = set(images)
        if self.all_test:
            return dict.fromkeys(pages, Split.TEST)
        self._require(len(pages))
        test = self._lowest(pages, self.held_out, "test")
        rest = pages - test
        validation = self._lowest(rest, self._validating(len(rest)), "validation")
        return {
            page: Split.TEST if page in test else Split.VALIDATION if page in validation else Split.TRAIN
            for page in sorted(pages)
        }

    def _validating(self, pages: int) -> int:
        if self.validation_share is None:
            return 0
        return max(1, min(pages - 1, round(self.validation_share * pages)))

    def _lowest(self, pages: set[str], count: int, purpose: str) -> set[str]:
        """Returns the pages that draw the lowest numbers; each purpose draws anew."""

        def drawn(page: str) -> bytes:
            return hashlib.sha256(f"{purpose} {self.seed} {page}".encode()).digest()

        return set(sorted(pages, key=drawn)[:count])

    def _require(self, pages: int) -> None:
        if pages - self.held_out >= (1 if self.validation_share is None else 2):
            return
        if self.held_out or not pages:
            raise CannotSplit(
                f"Of {pages} pages {self.held_out} are to be held out, and too few remain to train and to validate.",
                "Give more pages, or hold out fewer.",
            )
        raise CannotSplit(
            "There is a single page, and its lines cannot be divided: neighbours are too much alike for a fair check.",
            "Give a second page, or name pages for validation.",
        )
