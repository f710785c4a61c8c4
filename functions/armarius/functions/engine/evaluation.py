"""How well a model reads, in kraken's own count."""

from collections.abc import Sequence
from typing import Any, Literal

from armarius.functions.contracts import Confusion, LineReading, Metrics, Split
from armarius.functions.engine.bootstrap import error_range
from armarius.functions.engine.direction import as_written
from armarius.functions.engine.noting import NotedCharErrorRate, NotedWordErrorRate, Reading, readings
from armarius.functions.engine.pausing import PauseBetweenBatches
from armarius.functions.engine.places import NOWHERE, Place
from armarius.functions.engine.session import Session

MOST_CONFUSIONS = 50
MOST_LINES = 10
MOST_CHARACTERS = 300
"""Of a line in a report."""


class _Noter(PauseBetweenBatches):
    """Notes what kraken counts of each line.

    Args:
        session: The run.
    """

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._characters = NotedCharErrorRate()
        self._words = NotedWordErrorRate()

    def readings(self) -> tuple[Reading, ...]:
        """Returns how each line was read, in order."""
        return readings(self._characters, self._words)


class LineTest(_Noter):
    """Notes it in a test."""

    def on_test_start(self, _trainer: Any, module: Any) -> None:
        """Puts metrics that remember each line in the place of kraken's."""
        module.test_cer, module.test_wer = self._characters, self._words


class BaseValidation(_Noter):
    """Makes kraken validate a model as it stands, which it is ready for only when a training begins.

    Lines with characters that the model does not know are read all the same, as in a training that adds them.
    """

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Does of kraken's own preparations for a training what its validation needs."""
        trainer.datamodule.setup("fit")
        pl_module.val_cer, pl_module.val_wer = self._characters, self._words
        lines = trainer.datamodule.val_set.dataset
        unknown = set(lines.alphabet).difference(pl_module.net.codec.c2l)
        pl_module._val_codec = pl_module.net.codec.add_labels(unknown)
        lines.encode(pl_module._val_codec)

    def metrics(self) -> Metrics:
        """Returns what it came to."""
        read = self.readings()
        errors, characters = _total([line.characters for line in read])
        word_errors, words = _total([line.words for line in read])
        return Metrics(
            split=Split.VALIDATION.value,
            cer=errors / characters,
            wer=word_errors / words if words else 0.0,
            characters=characters,
            errors=errors,
            lines=len(read),
            **_details(read),
        )


def metrics_of(
    test: Any,
    split: Split,
    read: Sequence[Reading],
    found: Sequence[Place] = (),
    order: Literal["L", "R"] | bool = False,
) -> Metrics:
    """Returns what a test came to.

    Args:
        test: kraken's ``RecognitionTestMetrics``, whose ``cer`` and ``wer`` hold accuracies in spite of their names.
        split: Which lines were read.
        read: How each was read.
        found: Where each stands, if that is known.
        order: The parameter ``bidi_reordering``.
    """
    return Metrics(
        split=split.value,
        cer=max(0.0, 1.0 - test.cer),
        wer=max(0.0, 1.0 - test.wer),
        characters=sum(test.character_counts.values()),
        errors=int(test.num_errors),
        lines=len(read),
        confusions=_confusions(test.confusions),
        worst=_worst(read, found or [NOWHERE] * len(read), order),
        counts=tuple(line.characters for line in read),
        **_details(read),
    )


def _details(read: Sequence[Reading]) -> dict[str, Any]:
    """Returns what follows from the single lines."""
    word_errors, words = _total([line.words for line in read])
    return {
        "words": words,
        "word_errors": word_errors,
        "cer_range": error_range([line.characters for line in read]),
        "wer_range": error_range([line.words for line in read]),
    }


def _total(counted: Sequence[tuple[int, int]]) -> tuple[int, int]:
    return sum(errors for errors, _ in counted), sum(count for _, count in counted)


def _confusions(counted: dict[tuple[str, str], int]) -> tuple[Confusion, ...]:
    """Returns the most frequent true confusions; equals in alphabetical order, so that reports can be compared."""
    wrong = [(pair, count) for pair, count in counted.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda entry: (-entry[1], entry[0]))
    return tuple(
        Confusion(correct=correct, read=read, count=count) for (correct, read), count in wrong[:MOST_CONFUSIONS]
    )


def _worst(read: Sequence[Reading], found: Sequence[Place], order: Literal["L", "R"] | bool) -> tuple[LineReading, ...]:
    """Returns the lines with the most errors; of equals the shorter one first, for it is the worse read."""
    wrong = [(line, place) for line, place in zip(read, found, strict=True) if line.characters[0]]
    wrong.sort(key=lambda entry: (-entry[0].characters[0], entry[0].characters[1]))
    return tuple(_line_reading(line, place, order) for line, place in wrong[:MOST_LINES])


def _line_reading(line: Reading, place: Place, order: Literal["L", "R"] | bool) -> LineReading:
    correct = place.text or as_written(line.correct, order, line.correct)
    return LineReading(
        correct=_cut(correct),
        read=_cut(as_written(line.read, order, correct)),
        errors=line.characters[0],
        characters=line.characters[1],
        page=place.page,
        line=place.line,
    )


def _cut(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
