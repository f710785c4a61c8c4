"""When to stop early: a rule of its own, for Lightning's stops for good if it would have stopped too soon."""

from dataclasses import dataclass
from typing import Any

from armarius.functions.contracts import TrainingParameters

PERFECT = 1.0


@dataclass
class Patience:
    """Counts the epochs that brought nothing.

    Attributes:
        epochs: The most epochs there may be.
        min_epochs: Epochs without gain up to this one are not counted.
        lag: As many counted epochs without gain end the training; None never does.
        min_delta: The least rise in accuracy that is a gain.
        best: The accuracy of the last gain.
        gained: The epoch of the last gain, from 1.
        done: Epochs done.
        stuck: The last epoch changed no weight: the next would not either.
    """

    epochs: int
    min_epochs: int
    lag: int | None
    min_delta: float = 0.0
    best: float | None = None
    gained: int = 0
    done: int = 0
    stuck: bool = False

    @classmethod
    def of(cls, parameters: TrainingParameters) -> "Patience":
        """Returns the rule that the parameters ask for."""
        early = parameters.quit == "early"
        return cls(parameters.epochs, parameters.min_epochs, parameters.lag if early else None, parameters.min_delta)

    def after(self, accuracy: float, *, stuck: bool = False) -> None:
        """Takes note of one more epoch."""
        self.done += 1
        self.stuck = stuck
        if self.best is None or accuracy > self.best + self.min_delta:
            self.best = accuracy
            self.gained = self.done

    @property
    def exhausted(self) -> bool:
        """Whether the training is over. A perfect accuracy cannot be bettered, so that it ends one early too."""
        if self.done >= self.epochs or self.stuck:
            return True
        if self.lag is None or self.best is None:
            return False
        return self.best >= PERFECT or self.done - max(self.gained, self.min_epochs) >= self.lag

    def span(self) -> tuple[int, int]:
        """Returns how many epochs the whole training will have, least and most, if none is perfect."""
        if self.exhausted:
            return self.done, self.done
        if self.lag is None:
            return self.epochs, self.epochs
        return min(self.epochs, max(self.gained, self.min_epochs, 1) + self.lag), self.epochs

    def state(self) -> dict[str, Any]:
        """Returns what a checkpoint keeps. The rule itself comes from the parameters."""
        return {"best": self.best, "gained": self.gained, "done": self.done, "stuck": self.stuck}

    def resume(self, state: dict[str, Any]) -> None:
        """Takes up what a checkpoint kept."""
        self.best, self.gained, self.done = state["best"], state["gained"], state["done"]
        self.stuck = state.get("stuck", False)
