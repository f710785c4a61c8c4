"""What an epoch came to."""

from typing import Annotated, ClassVar

from pydantic import Field

from armarius.functions.contracts.base import Grown, NonNegative


class Epoch(Grown):
    """The figures of one epoch.

    Attributes:
        number: From 1.
        step: Optimiser steps done when it ended.
        loss: Mean training loss per line or page.
        accuracy: What chooses the best epoch: 1 - CER of recognition, the mean IU of segmentation.
        word_accuracy: 1 - WER, of recognition.
        baseline_f1: How well baselines are found, of segmentation.
        seconds: Training and validation together.
        recomputed: Steps whose gradients were no numbers, and were computed again in 32 bits; None for 0.
        left_out: Steps whose gradients were no numbers in 32 bits either, which changed no weight; None for 0.
    """

    number: Annotated[int, Field(ge=1)]
    step: Annotated[int, Field(ge=0)]
    loss: float | None
    accuracy: float
    word_accuracy: float | None = None
    baseline_f1: float | None = None
    seconds: NonNegative
    recomputed: Annotated[int, Field(ge=1)] | None = None
    left_out: Annotated[int, Field(ge=1)] | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"recomputed", "left_out"})
