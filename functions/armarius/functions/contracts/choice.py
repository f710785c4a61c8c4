"""What an engine chose for itself: how many lines a step takes, and in what arithmetic."""

from typing import Annotated

from pydantic import Field

from armarius.functions.contracts.base import Contract, NonNegative
from armarius.functions.contracts.parameters import BatchSize, Precision


class Trial(Contract):
    """One way to train, tried on some steps.

    Attributes:
        batch_size: Lines or pages per step.
        precision: The arithmetic.
        epoch_seconds: What the steps of an epoch would take; None where it was more than the memory holds.
        memory: Bytes that its largest step took on top of what was there.
    """

    batch_size: BatchSize
    precision: Precision
    epoch_seconds: NonNegative | None
    memory: Annotated[int, Field(ge=0)] = 0


class Choice(Contract):
    """What is trained with, where that was left to the engine, or was given.

    Attributes:
        batch_size: Lines or pages per step.
        precision: The arithmetic.
        trials: What was tried to find out, in order; none where nothing was left to choose or it was not worth it.
    """

    batch_size: BatchSize
    precision: Precision
    trials: tuple[Trial, ...] = ()

    @property
    def memory(self) -> int:
        """Bytes that the largest step takes, as tried; 0 where it was not."""
        tried = [each for each in self.trials if (each.batch_size, each.precision) == (self.batch_size, self.precision)]
        return max((each.memory for each in tried), default=0)
