"""How well a model reads, and how good a model of any kind is."""

from typing import Annotated, Literal

from pydantic import Field, Tag

from armarius.functions.contracts.base import Contract, NonNegative, by_kind
from armarius.functions.contracts.epoch import Epoch
from armarius.functions.contracts.quality import SegmentationMetrics


class Confusion(Contract):
    """How often one string was read as another; an empty string is an omission or an insertion."""

    correct: str
    read: str
    count: Annotated[int, Field(ge=1)]


class LineReading(Contract):
    """How one line was read; a very long text is cut.

    Attributes:
        correct: The transcription.
        read: What the model read.
        errors: Edits between the two.
        characters: Characters of the transcription.
        page: The name of its page; empty where that is not known.
        line: Its id there.
    """

    correct: str
    read: str
    errors: Annotated[int, Field(ge=0)]
    characters: Annotated[int, Field(ge=0)]
    page: str = ""
    line: str = ""


Count = Annotated[int, Field(ge=0)]

Range = tuple[NonNegative, NonNegative]
"""The least and the most."""


class Metrics(Contract):
    """How well a recognition model reads lines that it did not train on.

    Attributes:
        split: Which lines.
        cer: Character error rate: edit distance / characters of the ground truth.
        wer: Word error rate, likewise.
        characters: Characters of the ground truth.
        errors: Edits.
        lines: Lines read.
        words: Words of the ground truth.
        word_errors: Edits of words.
        cer_range: Where the CER lies in 95 % of resamples of the lines; None with fewer than two lines.
        wer_range: The same of the WER.
        confusions: The most frequent, most frequent first.
        worst: The lines with the most errors, most first.
        counts: Of a test, the edits and the characters of each line, in the order of the pages: what two models that
            read the same lines are compared by.
    """

    kind: Literal["recognition"] = "recognition"
    split: str
    cer: NonNegative
    wer: NonNegative
    characters: Annotated[int, Field(ge=0)]
    errors: Annotated[int, Field(ge=0)]
    lines: Annotated[int, Field(ge=0)]
    words: Annotated[int, Field(ge=0)] = 0
    word_errors: Annotated[int, Field(ge=0)] = 0
    cer_range: Range | None = None
    wer_range: Range | None = None
    confusions: tuple[Confusion, ...] = ()
    worst: tuple[LineReading, ...] = ()
    counts: tuple[tuple[Count, Count], ...] = ()

    @property
    def accuracy(self) -> float:
        """What chooses the best epoch."""
        return 1 - self.cer

    def beaten_by(self, epoch: Epoch) -> bool:
        """Tells whether an epoch made fewer errors on the same lines."""
        return round((1 - epoch.accuracy) * self.characters) < self.errors


AnyMetrics = Annotated[
    Annotated[Metrics, Tag("recognition")] | Annotated[SegmentationMetrics, Tag("segmentation")],
    by_kind("recognition"),
]
"""How good a model of any kind is; what was written before there were kinds is of recognition."""
