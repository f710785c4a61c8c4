"""What a client asks of a site, and in what frame."""

from enum import Enum
from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator

from armarius.functions.contracts.base import Blob, Contract, Grown, NonNegative, RunId, Sha256
from armarius.functions.contracts.pages import PageParameters
from armarius.functions.contracts.parameters import Parameters, RecognitionParameters


class Task(str, Enum):
    """The registered batch functions, by name."""

    CALIBRATE = "calibrate"
    TRAIN = "train"
    EVALUATE = "evaluate"
    SEGMENT = "segment"
    TRANSCRIBE = "transcribe"

    @property
    def is_of_pages(self) -> bool:
        """Whether it makes pages of pages, and no model."""
        return self in (Task.SEGMENT, Task.TRANSCRIBE)


class Shape(Contract):
    """A slice of a machine that a site offers.

    Attributes:
        name: Chosen by the site, such as "cpu4" or "mig-5g".
        cpus: Hardware threads.
        memory: Bytes of main memory.
        gpus: Number of GPUs or GPU slices.
        gpu_memory: Bytes of memory of each; of a GPU that runs share, those of each run.
        sharing: Runs that share a GPU at most.
    """

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,31}\z")]
    cpus: Annotated[int, Field(ge=1)]
    memory: Annotated[int, Field(ge=1)]
    gpus: Annotated[int, Field(ge=0)] = 0
    gpu_memory: Annotated[int, Field(ge=0)] = 0
    sharing: Annotated[int, Field(ge=1)] = 1


class Limits(Contract):
    """The frame of a run.

    Attributes:
        cpus: Threads to compute with; more than are allocated make a step many times slower.
        memory: Bytes the run may use, or None for no bound of ours.
        gpus: GPUs to use; 0 trains on the CPU.
        walltime: Seconds from the start of the function to the end of its allocation, or None for no end.
        margin: Seconds before that end at which the run writes its checkpoint and pauses.
        calibration: Seconds of training after which ``calibrate`` decides whether to go on.
        checkpoint_every: Seconds of training that may be lost at most.
    """

    cpus: Annotated[int, Field(ge=1)] = 1
    memory: Annotated[int, Field(ge=1)] | None = None
    gpus: Annotated[int, Field(ge=0)] = 0
    walltime: Annotated[float, Field(gt=0)] | None = None
    margin: NonNegative = 60
    calibration: NonNegative = 60
    checkpoint_every: NonNegative = 120

    @property
    def pause_at(self) -> float | None:
        """Seconds from the start at which to write a checkpoint and end; a short walltime gives at most a quarter."""
        if self.walltime is None:
            return None
        return self.walltime - min(self.margin, self.walltime / 4)


class CheckpointRef(Contract):
    """The one checkpoint a run may go on from. Checkpoints are pickles: only a known digest is ever loaded.

    Attributes:
        run_id: The run of the same job that wrote it.
        sha256: Digest of the file.
        size: Bytes.
        epoch: Whole epochs done.
        step: Optimiser steps done.
    """

    run_id: RunId
    sha256: Sha256
    size: Annotated[int, Field(ge=0)]
    epoch: Annotated[int, Field(ge=0)]
    step: Annotated[int, Field(ge=0)]


ModelFormat = Literal["safetensors", "mlmodel"]
"""kraken 7 reads both, older releases only the second."""


class RunSpec(Grown):
    """One attempt at a job on one site, complete.

    Written once into the run's directory; there its limits are cut to what the site gives.

    Attributes:
        run_id: Chosen by the client before anything is sent; the same id delivered twice is one run.
        task: Which function it is for.
        dataset: The digest of the manifest, which is staged beside the images.
        parameters: How to train, and what kind of model. An evaluation takes from it only how to read text and batch
            lines.
        model: The model to start from, to evaluate, or to transcribe with; None for none, or for the one that the
            parameters name.
        resume_from: The checkpoint to go on from.
        limits: The frame.
        epoch_models: Write a model file after every epoch, in this format. It changes nothing in the training.
        pages: How to segment and transcribe, in place of ``parameters``; None for all other tasks.
    """

    run_id: RunId
    task: Task
    dataset: Sha256
    parameters: Parameters = RecognitionParameters()
    model: Blob | None = None
    resume_from: CheckpointRef | None = None
    limits: Limits = Limits()
    epoch_models: ModelFormat | None = None
    pages: PageParameters | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"pages"})

    @property
    def starts_from_a_model(self) -> bool:
        """Whether there is a model to begin with, given or named."""
        return self.model is not None or self.parameters.packaged is not None

    @property
    def blobs(self) -> frozenset[str]:
        """The digests of all files that it names, besides those that the manifest of its dataset names."""
        segmentation = self.pages.segmentation if self.pages else None
        models = (self.model, segmentation if isinstance(segmentation, Blob) else None)
        checkpoint = {self.resume_from.sha256} if self.resume_from else set()  # where another site sent it
        return frozenset({self.dataset} | checkpoint | {model.sha256 for model in models if model is not None})

    @model_validator(mode="after")
    def _consistent(self) -> "RunSpec":
        if self.model is not None and self.parameters.packaged is not None:
            raise ValueError("a model was given, and another named to start from")
        if self.task is Task.EVALUATE and not self.starts_from_a_model:
            raise ValueError("an evaluation needs a model")
        if self.task is Task.CALIBRATE and self.resume_from is not None:
            raise ValueError("a calibration starts a training: it cannot resume one")
        if self.task.is_of_pages != (self.pages is not None):
            raise ValueError(f"{self.task.value} and the way to do pages do not go together")
        if self.task.is_of_pages and (self.model is not None) != (self.task is Task.TRANSCRIBE):
            raise ValueError("to transcribe takes a model that reads, and to segment takes none")
        return self
