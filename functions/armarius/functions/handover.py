"""What passes between the supervisor and the engine, its child in kraken's environment.

Down: the child's standard input. The line ``pause`` asks it to write a checkpoint after the step it is in and to
end; end of file means that the supervisor is gone, and the child ends at once. (A pipe, not a signal: SIGUSR1 kills
a process that has not yet installed its handler, and Lightning installs its own under Slurm.)

Up: lines in ``progress.jsonl``, checkpoints, and at the very end ``engine.json`` with an :class:`EngineEnd`. A child
that leaves none has died, whatever its exit code says.
"""

from armarius.functions.contracts import (
    AnyMetrics,
    CalibrationReport,
    CheckpointRef,
    Choice,
    Contract,
    DatasetSummary,
    Epoch,
    EpochModel,
    ModelFile,
    Outcome,
    Reason,
)

PAUSE = "pause\n"

CANNOT_WRITE = 73
"""Exit code of an engine that could not write ``engine.json`` (EX_CANTCREAT): the disk is full or read-only."""


SUPERSEDED = 76
"""Exit code of an engine whose run was taken over by another process: it left everything as it found it."""


class EngineEnd(Contract):
    """How the engine ended, in its own words. The fields are those of the reports."""

    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    kraken: str = ""
    torch: str = ""
    setup_seconds: float = 0
    training_memory: int | None = None
    gpu_memory: int | None = None
    calibration: CalibrationReport | None = None
    epochs: tuple[Epoch, ...] = ()
    best_epoch: int | None = None
    metrics: AnyMetrics | None = None
    models: tuple[ModelFile, ...] = ()
    checkpoint: CheckpointRef | None = None
    dataset: DatasetSummary | None = None
    epoch_models: tuple[EpochModel, ...] = ()
    baseline: AnyMetrics | None = None
    improved: bool | None = None
    choice: Choice | None = None
