"""What the training loop must know of a kind of model; the rest is the same for all."""

from pathlib import Path
from typing import Any, Protocol

from armarius.functions.contracts import Metrics, Split
from armarius.functions.engine.compiled import Compiled
from armarius.functions.engine.cost import Cost


class Kind(Protocol):
    """One kind of model, such as recognition."""

    def check(self) -> None:
        """Looks at the parameters before anything costs time.

        Raises:
            EngineFault: kraken would refuse them.
        """

    def module(self, checkpoint: dict[str, Any] | None) -> Any:
        """Returns the Lightning module: of a checkpoint, of the base model, or new."""

    def data(self, compiled: Compiled, module: Any) -> Any:
        """Returns the Lightning data module to train and validate with; it has a ``sampler``."""

    def cost(self, compiled: Compiled, data: Any, module: Any) -> Cost:
        """Returns the cost model of this training, still without measurements."""

    def batch_size(self, batch: Any) -> tuple[int, int]:
        """Returns the lines of a batch and its padded pixels."""

    def accuracy(self, figures: dict[str, Any]) -> tuple[float, float | None]:
        """Returns the validation accuracy and that of words from Lightning's metrics."""

    def test(self, model: Path, compiled: Compiled, split: Split) -> Metrics:
        """Reads the lines of one split with a model file."""

    def baseline(self, compiled: Compiled) -> Metrics | None:
        """Reads the validation lines with the base model, as they are read after every epoch; None without one."""
