"""What kraken counts, line by line: the very metrics that it adds up, which remember what each line added."""

from dataclasses import dataclass
from typing import Any

from torchmetrics.text import CharErrorRate, WordErrorRate

from armarius.functions.engine.bootstrap import Counts


@dataclass(frozen=True)
class Reading:
    """One line as it was read, in kraken's order of display.

    Attributes:
        correct: The transcription.
        read: What the model read.
        characters: Edits, and characters of the transcription.
        words: The same of words.
    """

    correct: str
    read: str
    characters: Counts
    words: Counts


class _Noting:
    """Mixed into an error rate of torchmetrics."""

    def __init__(self) -> None:
        super().__init__()
        self.noted: list[tuple[str, str, Counts]] = []

    def update(self, preds: str, target: str) -> None:
        """Adds one line, and notes it."""
        errors, total = float(self.errors), float(self.total)
        super().update(preds, target)  # type: ignore[misc]
        self.noted.append((target, preds, (int(self.errors - errors), int(self.total - total))))

    errors: Any
    total: Any


class NotedCharErrorRate(_Noting, CharErrorRate):  # type: ignore[misc]
    """The error rate of characters."""


class NotedWordErrorRate(_Noting, WordErrorRate):  # type: ignore[misc]
    """The error rate of words."""


def readings(characters: NotedCharErrorRate, words: NotedWordErrorRate) -> tuple[Reading, ...]:
    """Returns every line that both were told of, in order."""
    return tuple(
        Reading(correct, read, counts, word_counts)
        for (correct, read, counts), (_, _, word_counts) in zip(characters.noted, words.noted, strict=True)
    )
