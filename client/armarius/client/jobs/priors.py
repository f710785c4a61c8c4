"""What a training is known to take before anything of it was measured. Pure arithmetic."""

import re
from dataclasses import dataclass

from armarius.functions.contracts import RecognitionParameters, SegmentationParameters, Shape, TrainingParameters

BASE = 1_456_000_000
PER_PIXEL = 57_600
FITTED_HEIGHT = 120
"""Peak bytes of a recognition training on a CPU: a base, and so many for each pixel of the width of a batch.

Fitted for the default network of kraken 7.1 (lines of 120 px) in fp32; the residual is at most 298 MB over 12 runs."""

CREEP = 1.15
SLACK = 500_000_000
"""Resident memory creeps within an epoch: 15 % and 500 MB covered all of these runs."""

SEGMENTATION = 8_000_000_000
"""Peak bytes of a segmentation training on a CPU: 6 to 8 GB were seen with the default network of kraken 7.1."""

GPU_FIRST = 1_000_000_000
GPU_FURTHER = 4_000_000_000 // 7
GPU_SEGMENTATION = 10_000_000_000
"""Bytes of a GPU: recognition stays below 1 GB with one line per step, and below 5 GB with eight; between and beyond, a
straight line is drawn. Segmentation stays below 10 GB.

Source: A. Chagué and T. Clérice on CREMMA's server, https://inria.hal.science/hal-04362085."""

PAGES = 3_200_000_000
GPU_PAGES = 5_000_000_000
"""Bytes for one process that segments or transcribes pages: 2 GB and more were seen for pages of usual size, and the
engine beside it takes some. On a GPU, a guess; both are measured with the first page, and more processes take more."""

HOST = 4_000_000_000
"""Bytes of main memory beside a GPU: the base and the GPU's libraries. A guess: a run that outgrows it goes on."""

AUTO_BATCH, AUTO_BATCH_GPU = 2, 8
"""The batch to reckon with where the engine is to find one: larger ones pay on a GPU only, and none is tried that would
not fit."""

TYPICAL_WIDTH = 3300
"""Pixels of the widest line where that is not known, at the fitted height: of 281 lines of soldiers' letters, 3296."""

_INPUT = re.compile(r"\s*\[\s*\d+\s*,\s*(\d{1,5})\s*,\s*\d+\s*,\s*(\d{1,5})\b")


@dataclass(frozen=True)
class Prior:
    """What a training may take, in bytes.

    Attributes:
        memory: Of main memory, where the CPU computes.
        gpu_memory: Of the GPU, where one computes.
        host_memory: Of main memory beside it.
    """

    memory: int
    gpu_memory: int
    host_memory: int = HOST

    def fits(self, shape: Shape) -> bool:
        """Tells whether a shape is large enough."""
        if shape.gpus:
            return shape.gpu_memory >= self.gpu_memory and shape.memory >= self.host_memory
        return shape.memory >= self.memory


def prior_of(parameters: TrainingParameters, widest: int | None = None) -> Prior:
    """Returns what a training of some kind takes.

    Args:
        parameters: How to train.
        widest: Pixels of the widest line, scaled to the network's height; None if it is not known.
    """
    if isinstance(parameters, SegmentationParameters):
        return Prior(SEGMENTATION, GPU_SEGMENTATION)
    batch = parameters.lines_per_step or AUTO_BATCH
    on_gpu = parameters.lines_per_step or AUTO_BATCH_GPU
    scale = line_height(parameters) / FITTED_HEIGHT
    pixels = batch * scale * (TYPICAL_WIDTH * scale if widest is None else widest)
    return Prior(int((BASE + PER_PIXEL * pixels) * CREEP) + SLACK, GPU_FIRST + (on_gpu - 1) * GPU_FURTHER)


def prior_of_pages() -> Prior:
    """Returns what work on pages takes at least."""
    return Prior(PAGES, GPU_PAGES)


def line_height(parameters: TrainingParameters) -> int:
    """Returns the height to which lines are scaled: what the network's text says, else that of the default one.

    A base model has a height of its own, which is not known here; most have that of the default network. Channels
    above three with a height of 1 are kraken's way to put the height into the channels.
    """
    found = _INPUT.match(parameters.spec) if isinstance(parameters, RecognitionParameters) else None
    if found is None:
        return FITTED_HEIGHT
    height, channels = int(found[1]), int(found[2])
    return (channels if height == 1 and channels > 3 else height) or FITTED_HEIGHT
