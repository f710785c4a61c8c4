"""How well a model reads, in kraken's own count."""

from typing import Any

from lightning.pytorch.callbacks import Callback

from armarius.functions.contracts import Confusion, Metrics, Split
from armarius.functions.engine.session import Session

MOST_CONFUSIONS = 50


class PauseBetweenBatches(Callback):  # type: ignore[misc]
    """Lets a pause end a test: it is begun anew the next time."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def on_test_batch_end(self, *_: Any) -> None:
        """Leaves if asked."""
        self._session.stop_if_asked()


def metrics_of(test: Any, split: Split, lines: int) -> Metrics:
    """Returns what a test came to.

    Args:
        test: kraken's ``RecognitionTestMetrics``, whose ``cer`` and ``wer`` hold accuracies in spite of their names.
        split: Which lines were read.
        lines: How many.
    """
    return Metrics(
        split=split.value,
        cer=max(0.0, 1.0 - test.cer),
        wer=max(0.0, 1.0 - test.wer),
        characters=sum(test.character_counts.values()),
        errors=int(test.num_errors),
        lines=lines,
        confusions=_confusions(test.confusions),
    )


def _confusions(counted: dict[tuple[str, str], int]) -> tuple[Confusion, ...]:
    """Returns the most frequent true confusions; equals in alphabetical order, so that reports can be compared."""
    wrong = [(pair, count) for pair, count in counted.items() if pair[0] != pair[1]]
    wrong.sort(key=lambda entry: (-entry[1], entry[0]))
    return tuple(
        Confusion(correct=correct, read=read, count=count) for (correct, read), count in wrong[:MOST_CONFUSIONS]
    )
