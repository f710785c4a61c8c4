"""From the engine's last words to the report of a run."""

import os

from armarius.functions.contracts import EvaluationReport, RunReport, RunSpec, Task, TrainReport, Usage
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.versions import versions

_COMMON = {"outcome", "reason", "message", "metrics", "dataset"}
_TRAINING = _COMMON | {"calibration", "epochs", "best_epoch", "models", "epoch_models", "baseline", "improved"}


def compose(
    run: RunDir, spec: RunSpec, end: EngineEnd, *, started: float, ended: float, memory: int | None
) -> RunReport:
    """Makes the report of a run.

    Args:
        run: Its directory, for the newest checkpoint.
        spec: What was asked.
        end: What the engine said, or what the supervisor says in its place.
        started: Seconds since 1970.
        ended: Seconds since 1970.
        memory: Peak bytes of the engine's processes, or None where there was none.
    """
    common = {
        "run_id": spec.run_id,
        "task": spec.task,
        "started": started,
        "ended": ended,
        "host": os.uname().nodename,
        "versions": versions(end.kraken, end.torch),
        "usage": Usage(
            seconds=max(0.0, ended - started),
            setup_seconds=end.setup_seconds,
            memory=memory,
            gpu_memory=end.gpu_memory,
            gpu_seconds=max(0.0, ended - started) * spec.limits.gpus,
        ),
    }
    if spec.task is Task.EVALUATE:
        return EvaluationReport(**common, **{name: getattr(end, name) for name in _COMMON})
    return TrainReport(**common, **{name: getattr(end, name) for name in _TRAINING}, checkpoint=run.newest_checkpoint())
