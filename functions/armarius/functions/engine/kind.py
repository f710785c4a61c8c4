"""What the training loop must know of a kind of model; the rest is the same for all."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol, TypeVar

from armarius.functions.contracts import AnyMetrics, DatasetSummary, Split
from armarius.functions.engine.cost import Cost

Tell = Callable[[int, int, str], None]
"""Called with how much of the preparation is done, how much there is, and what it counts; may raise to stop."""


class Prepared(Protocol):
    """A dataset, ready to be trained on."""

    def dataset_summary(self) -> DatasetSummary:
        """Returns what the reports say of it."""

    def holds(self, split: Split) -> bool:
        """Tells whether there is anything in a split."""


P = TypeVar("P", bound=Prepared)


class Kind(Protocol[P]):
    """One kind of model, such as recognition.

    Attributes:
        figures: By kraken's name of a figure that a validation brings, our name for it in an Epoch; "accuracy" is the
            one that chooses the best epoch.
        speed: The field of a Progress for items per second.
        learns: What a model of this kind does, as a verb.
        measure: What chooses the best epoch, in few letters.
    """

    figures: Mapping[str, str]
    speed: str
    learns: str
    measure: str

    def check(self) -> None:
        """Looks at the parameters before anything costs time.

        Raises:
            EngineFault: kraken would refuse them.
        """

    def module(self, checkpoint: dict[str, Any] | None) -> Any:
        """Returns the Lightning module: of a checkpoint, of the base model, or new."""

    def given_model(self) -> tuple[Path, Any]:
        """Returns the path of the model that was given, and its module.

        Raises:
            EngineFault: It cannot be used.
        """

    def prepare(self, tell: Tell, tested: Any = None) -> P:
        """Makes the dataset ready.

        Args:
            tell: Told how it goes.
            tested: The module of a model that is to be tested on it; None for a training.
        """

    def data(self, prepared: P, module: Any) -> Any:
        """Returns the Lightning data module to train and validate with; it has a ``sampler``."""

    def cost(self, prepared: P, data: Any, module: Any) -> Cost:
        """Returns the cost model of this training, still without measurements."""

    def batch_size(self, batch: Any) -> tuple[int, int]:
        """Returns the items of a batch and its pixels."""

    def settle(self, net: Any) -> None:
        """Brings the network, and this process, into the form that this machine computes fastest."""

    def seal(self, net: Any) -> None:
        """Completes what a trained network says of itself, so that any kraken reads it."""

    def test(self, model: Path, prepared: P, split: Split) -> AnyMetrics:
        """Measures a model file on one split."""

    def baseline(self, prepared: P) -> AnyMetrics | None:
        """Measures the base model on the validation pages, as the training is measured after every epoch.

        Returns:
            What it came to; None where it cannot be measured.
        """
