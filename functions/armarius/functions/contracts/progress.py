"""What can be seen of a run while it lives."""

from enum import Enum
from typing import Annotated, Any, ClassVar

from pydantic import Field

from armarius.functions.contracts.base import Contract, Grown, NonNegative, RunId
from armarius.functions.contracts.models import EpochModel
from armarius.functions.contracts.pages import PageResult
from armarius.functions.contracts.spec import CheckpointRef


class Phase(str, Enum):
    """What the engine is doing."""

    PREPARING = "preparing"
    COMPILING = "compiling"
    CALIBRATING = "calibrating"
    """Training, and not yet measured enough to foretell its end."""
    TRAINING = "training"
    VALIDATING = "validating"
    TESTING = "testing"
    WRITING = "writing"
    READING = "reading"
    """Segmenting or transcribing pages."""


class Progress(Grown):
    """One line of ``progress.jsonl``.

    Attributes:
        at: Seconds since 1970 by the site's clock.
        phase: What is being done.
        epoch: Whole epochs done.
        step: Optimiser steps done, over all runs of the job; of work on pages, the pages done or left out.
        steps_per_epoch: Steps of one epoch; of work on pages, all of them.
        ends_epoch: True on the one line that closes an epoch and carries its figures.
        loss: Mean loss per line (CTC) or page since the epoch began.
        accuracy: What chooses the best epoch: of recognition 1 - CER, in 0..1 (it can be negative while nothing is
            learnt); of segmentation the mean IU.
        word_accuracy: Of recognition, 1 - WER.
        baseline_f1: Of segmentation, how well baselines are found.
        lrate: Learning rate.
        lines_per_second: Training speed since the line before, of recognition.
        pages_per_second: The same of segmentation.
        memory: Peak resident bytes of the engine so far.
        gpu_memory: Peak bytes reserved on the GPU so far.
        seconds_left: Predicted seconds to the end of the training, if it has all its epochs.
        seconds_left_least: The same if early stopping ends it as soon as it can.
        pause_seconds: What a pause takes here at most, as measured: the longest step, and a checkpoint.
        message: For people.
        model: The model file of an epoch that was just written, if they were asked for.
        page: What came of a page, of work on pages.
    """

    at: NonNegative
    phase: Phase
    epoch: Annotated[int, Field(ge=0)] = 0
    step: Annotated[int, Field(ge=0)] = 0
    steps_per_epoch: Annotated[int, Field(ge=0)] | None = None
    ends_epoch: bool = False
    loss: float | None = None
    accuracy: float | None = None
    word_accuracy: float | None = None
    baseline_f1: float | None = None
    lrate: float | None = None
    lines_per_second: NonNegative | None = None
    pages_per_second: NonNegative | None = None
    memory: int | None = None
    gpu_memory: int | None = None
    seconds_left: NonNegative | None = None
    seconds_left_least: NonNegative | None = None
    pause_seconds: NonNegative | None = None
    message: str = ""
    model: EpochModel | None = None
    page: PageResult | None = None

    LATER: ClassVar[frozenset[str]] = frozenset({"page"})


class RunState(str, Enum):
    """Where a run stands, as seen in its directory."""

    UNKNOWN = "unknown"
    """No such run here: not delivered yet, or released."""

    RUNNING = "running"
    """Somebody holds its lock."""

    LOST = "lost"
    """It began, nobody holds its lock, and there is no report: its process died."""

    ENDED = "ended"
    """Its report is there."""


class RunStatus(Contract):
    """The answer of ``progress`` for one run.

    Attributes:
        heartbeat_age: Seconds since the supervisor's last sign of life, by the site's own clock.
        progress: What is new since the asked position.
        position: Where to ask from the next time (a byte offset).
        checkpoint: The newest checkpoint.
        report: The report of an ended run, as JSON (a TrainReport, an EvaluationReport or a PagesReport).
    """

    run_id: RunId
    state: RunState
    heartbeat_age: NonNegative | None = None
    progress: tuple[Progress, ...] = ()
    position: Annotated[int, Field(ge=0)] = 0
    checkpoint: CheckpointRef | None = None
    report: dict[str, Any] | None = None
