"""What a training costs here, as measured at its start, and what that foretells."""

from typing import Annotated

from pydantic import Field

from armarius.functions.contracts.base import Contract, NonNegative


class CostModel(Contract):
    """What a run costs here, as fitted from its own steps.

    The seconds of a step are proportional to its pixels. Of recognition these are padded pixels (batch x widest line
    x height), which holds within 2 to 3 % after 20 to 60 seconds; the mean step is off by 5 to 24 %. Of segmentation
    they are those of the scaled page.

    Attributes:
        setup_seconds: Imports, compilation, the first step.
        seconds_per_pixel: Training, per pixel.
        loading_share: How much of that is waiting for lines or pages to be read: 0 to 1.
        validation_seconds: One pass over the validation lines or pages.
        checkpoint_seconds: One checkpoint.
        pixels_per_epoch: Pixels of an average epoch.
        memory: Predicted peak bytes, for the widest batch or the largest page.
        gpu_memory: The same on the GPU.
        steps: Steps that the fit rests on.
    """

    setup_seconds: NonNegative
    seconds_per_pixel: NonNegative
    loading_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    validation_seconds: NonNegative
    checkpoint_seconds: NonNegative
    pixels_per_epoch: Annotated[int, Field(ge=0)]
    memory: int
    gpu_memory: int | None = None
    steps: Annotated[int, Field(ge=0)]

    @property
    def epoch_seconds(self) -> float:
        """Seconds of one epoch, training, validation and checkpoint."""
        return self.pixels_per_epoch * self.seconds_per_pixel + self.validation_seconds + self.checkpoint_seconds


class CalibrationReport(Contract):
    """What was measured at the start of a training, and what it foretells.

    Attributes:
        cost: The fitted model.
        seconds: How long the calibration took.
        epochs: How many epochs the whole training may have, least and most.
        seconds_left: What is left of the training after the calibration, least and most.
        went_on: Whether the training simply went on in the same allocation.
    """

    cost: CostModel
    seconds: NonNegative
    epochs: tuple[int, int]
    seconds_left: tuple[NonNegative, NonNegative]
    went_on: bool
