"""What a training costs here, from its own steps. Pure arithmetic."""

import math
from dataclasses import dataclass, field
from itertools import accumulate

from armarius.functions.contracts import CostModel
from armarius.functions.engine.order import BatchOrder

READING = 0.4
"""Seconds per pixel of reading (validation, test) over those of training, until one was measured.

Forward without backward is a third; decoding and comparing comes on top."""

SIMULATED = 3
"""Epochs that are simulated for the pixels of an average one."""


@dataclass(frozen=True)
class NetworkInput:
    """The size to which a network's input is brought.

    Attributes:
        height: Pixels, 0 for any; 1 with ``channels`` above 3 is kraken's way to put the height into the channels.
        width: Pixels, 0 for any.
        channels: Colours.
        padding: Blank pixels left and right.
    """

    height: int
    width: int
    channels: int
    padding: int = 0

    @property
    def line_height(self) -> int:
        """The height to which a line is scaled; 0 keeps its own."""
        return self.channels if self.height == 1 and self.channels > 3 else self.height

    def scaled_width(self, width: int, height: int) -> int:
        """Returns the width of a line image as the network sees it."""
        if self.width:
            return self.width
        scaled = width * self.line_height // height if self.line_height else width
        return max(1, scaled) + 2 * self.padding

    def scaled_pixels(self, width: int, height: int) -> int:
        """Returns the pixels of a page image as the network sees it: kraken keeps its proportions, if it may."""
        if self.height and self.width:
            return self.height * self.width
        if self.height:
            return self.height * max(1, width * self.height // height)
        if self.width:
            return self.width * max(1, height * self.width // width)
        return width * height


FADING = 300.0
"""Seconds after which a step counts for a third: a machine that others share changes its speed."""


@dataclass
class StepTimes:
    """The seconds of steps against their padded pixels; what is long ago fades.

    The first step of a process is left out: it allocates, and takes seconds more than any other.

    Attributes:
        steps: Steps counted.
        longest: The seconds of the longest.
    """

    steps: int = 0
    longest: float = 0.0
    _seconds: float = 0.0
    _waiting: float = 0.0
    _pixels: float = 0.0
    _warm: bool = False

    def add(self, pixels: int, seconds: float, waiting: float = 0.0) -> None:
        """Takes note of a step, and of how many of its seconds it waited for its lines or pages."""
        if self._warm:
            kept = math.exp(-seconds / FADING)
            self.steps += 1
            self._seconds = kept * self._seconds + seconds
            self._waiting = kept * self._waiting + waiting
            self._pixels = kept * self._pixels + pixels
            self.longest = max(self.longest, seconds)
        self._warm = True

    @property
    def seconds_per_pixel(self) -> float:
        """Seconds per padded pixel; 0 before the second step."""
        return self._seconds / self._pixels if self._pixels else 0.0

    @property
    def waiting_share(self) -> float:
        """The share of the seconds that steps waited for their lines or pages; 0 before the second step."""
        return self._waiting / self._seconds if self._seconds else 0.0


@dataclass
class Readings:
    """Measurements of one kind; the mean stands for the next one."""

    values: list[float] = field(default_factory=list)

    def add(self, seconds: float) -> None:
        """Takes note of one."""
        self.values.append(seconds)

    @property
    def longest(self) -> float | None:
        """The longest, or None before the first."""
        return max(self.values, default=None)

    def mean(self, otherwise: float) -> float:
        """Returns the mean, or ``otherwise`` before the first."""
        return sum(self.values) / len(self.values) if self.values else otherwise


@dataclass
class Cost:
    """The fitted costs of one training on one machine.

    Attributes:
        order: The batches of an epoch, for simulation.
        height: What makes pixels of its widths: the height of a line, or 1 of pages, whose "width" is their area.
        validation_pixels: Padded pixels of the validation lines or pages.
        test_pixels: Those of the test lines or pages, one by one.
        checkpoint_every: Seconds of training between two checkpoints.
        steps: Training steps.
        validation: Passes over the validation lines or pages.
        checkpoint: Checkpoints.
        epoch_model: Model files of epochs, where they are wanted.
    """

    order: BatchOrder
    height: int
    validation_pixels: int
    test_pixels: int
    checkpoint_every: float = math.inf
    steps: StepTimes = field(default_factory=StepTimes)
    validation: Readings = field(default_factory=Readings)
    checkpoint: Readings = field(default_factory=Readings)
    epoch_model: Readings = field(default_factory=Readings)
    _simulated: tuple[int, list[int]] = (-1, [])

    def pixels(self, batch_width: int) -> int:
        """Returns padded pixels from a padded width."""
        return batch_width * self.height

    def epoch_pixels(self, first: int) -> int:
        """Returns the padded pixels of an average epoch from ``first`` on, by simulation."""
        epochs = range(first, first + SIMULATED)
        return sum(self.remaining_pixels(epoch, 0) for epoch in epochs) // SIMULATED

    def remaining_pixels(self, epoch: int, start: int) -> int:
        """Returns the padded pixels of one epoch from batch ``start`` on."""
        if self._simulated[0] != epoch:
            widths = [self.order.padded_width(batch) for batch in self.order.epoch(epoch)]
            self._simulated = (epoch, [*accumulate(reversed(widths), initial=0)][::-1])
        return self.pixels(self._simulated[1][start])

    @property
    def validation_seconds(self) -> float:
        """Seconds of a pass over the validation lines: as measured, else as estimated from the steps."""
        return self.validation.mean(self.validation_pixels * self.steps.seconds_per_pixel * READING)

    @property
    def ending_seconds(self) -> float:
        """Seconds from the last epoch to the report: one checkpoint, and the test, as fast as a validation."""
        share = self.test_pixels / self.validation_pixels if self.validation_pixels else 0.0
        return self.checkpoint.mean(0.0) + share * self.validation_seconds

    @property
    def pause_seconds(self) -> float | None:
        """What a pause takes at most: the longest step, and the longest checkpoint; None before both were measured."""
        checkpoint = self.checkpoint.longest
        return None if checkpoint is None or not self.steps.steps else self.steps.longest + checkpoint

    def model(self, setup_seconds: float, memory: int, gpu_memory: int | None, epoch: int) -> CostModel:
        """Returns what was fitted, as the report says it."""
        return CostModel(
            setup_seconds=setup_seconds,
            seconds_per_pixel=self.steps.seconds_per_pixel,
            loading_share=min(1.0, self.steps.waiting_share),
            validation_seconds=self.validation_seconds,
            checkpoint_seconds=self.checkpoint.mean(0.0),
            pixels_per_epoch=self.epoch_pixels(epoch),
            memory=memory,
            gpu_memory=gpu_memory,
            steps=self.steps.steps,
        )

    def seconds_left(self, epoch: int, start: int, epochs: int, average: int) -> float:
        """Predicts the seconds to the end of the training, test included.

        Args:
            epoch: The epoch that is being trained, from 0.
            start: Its batches that are done.
            epochs: How many epochs there will be in all.
            average: Padded pixels of an average epoch.
        """
        if epoch >= epochs:
            return self.ending_seconds
        whole = epochs - epoch - 1
        pixels = self.remaining_pixels(epoch, start) + whole * average
        between = (whole + 1) * (self.validation_seconds + self.epoch_model.mean(0.0))
        training = pixels * self.steps.seconds_per_pixel + between
        return training + self._checkpoint_seconds(training) + self.ending_seconds

    def _checkpoint_seconds(self, training: float) -> float:
        """Returns the seconds of the checkpoints of so many seconds of training: one after each step at most."""
        interval = max(self.checkpoint_every, self.steps.longest)
        return training / interval * self.checkpoint.mean(0.0) if interval else 0.0
