"""How well a segmentation finds lines and regions."""

from typing import Annotated, Literal

from pydantic import Field

from armarius.functions.contracts.base import Contract, NonNegative
from armarius.functions.contracts.epoch import Epoch

Share = Annotated[float, Field(ge=0, le=1)]

ROUNDING = 1e-6
"""kraken takes the mean IU of an epoch in single precision."""


class AreaFigures(Contract):
    """How well the area of one class is found.

    Attributes:
        name: The type of region, or kraken's auxiliary class, such as "_start_separator".
        auxiliary: Whether it is one of the two marks at the ends of lines, by which kraken parts them.
        iu: Pixels that are of it in the page and in what was found / pixels that are of it in either; None where
            there are neither.
        pixel_accuracy: Share of all pixels that are rightly taken as of it or not.
        pixels: Of it in the ground truth, at the size of the network's output.
    """

    name: str
    auxiliary: bool = False
    iu: Share | None
    pixel_accuracy: Share
    pixels: Annotated[int, Field(ge=0)]


class LineFigures(Contract):
    """How well lines of one type are found.

    Attributes:
        name: The type of line.
        precision: Share of what was found that is there.
        recall: Share of what is there that was found.
        f1: Their harmonic mean.
    """

    name: str
    precision: Share
    recall: Share
    f1: Share


class SegmentationMetrics(Contract):
    """How well a model finds lines and regions on pages that it did not train on.

    Attributes:
        split: Which pages.
        pages: How many.
        mean_iu: The mean of ``iu`` over regions and line ends that are there: what chooses the best epoch, too.
        freq_iu: The same, weighted by the pixels of each.
        pixel_accuracy: Share of pixels, over the same classes, that are right.
        region_iu: Of all regions taken as one; None without any.
        lines: Found baselines of all types together; None where the model finds none by design.
        areas: By class.
        line_types: By type.
    """

    kind: Literal["segmentation"] = "segmentation"
    split: str
    pages: Annotated[int, Field(ge=0)]
    mean_iu: Share
    freq_iu: Share
    pixel_accuracy: Share
    region_iu: NonNegative | None = None
    lines: LineFigures | None = None
    areas: tuple[AreaFigures, ...] = ()
    line_types: tuple[LineFigures, ...] = ()

    @property
    def accuracy(self) -> float:
        """What chooses the best epoch."""
        return self.mean_iu

    def beaten_by(self, epoch: Epoch) -> bool:
        """Tells whether an epoch did better on the same pages: of equal mean IUs, found more lines."""
        if abs(epoch.accuracy - self.mean_iu) > ROUNDING:
            return epoch.accuracy > self.mean_iu
        found = self.lines.f1 if self.lines else 0.0
        return (epoch.baseline_f1 or 0.0) - found > ROUNDING
