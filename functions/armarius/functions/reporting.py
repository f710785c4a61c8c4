"""From the engine's last words to the report of a run."""

import os
from dataclasses import dataclass, field

from armarius.functions.contracts import EvaluationReport, RunReport, RunSpec, Task, TrainReport, Usage
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.versions import versions

_COMMON = {"outcome", "reason", "message", "metrics", "dataset"}
_TRAINING = _COMMON | {
    "calibration",
    "epochs",
    "best_epoch",
    "models",
    "epoch_models",
    "baseline",
    "improved",
    "choice",
}


@dataclass(frozen=True)
class Spent:
    """What a run took, as seen from outside of its engine.

    Attributes:
        started: Seconds since 1970.
        ended: Seconds since 1970.
        memory: Peak bytes of the engine's processes, or None where there was none.
        job_memory: Peak bytes of the scheduler's job, where the kernel counts them.
        host: The machine; this one by default.
    """

    started: float
    ended: float
    memory: int | None
    job_memory: int | None = None
    host: str = field(default_factory=lambda: os.uname().nodename)

    @property
    def seconds(self) -> float:
        """Wall time; never less than none, whatever was done to the clock."""
        return max(0.0, self.ended - self.started)


def compose(run: RunDir, spec: RunSpec, end: EngineEnd, spent: Spent) -> RunReport:
    """Makes the report of a run.

    Args:
        run: Its directory, for the newest checkpoint, and for what was foretold if the engine could not say it.
        spec: What was asked.
        end: What the engine said, or what is said in its place.
        spent: What it took.
    """
    common = {
        "run_id": spec.run_id,
        "task": spec.task,
        "started": spent.started,
        "ended": spent.ended,
        "host": spent.host,
        "versions": versions(end.kraken, end.torch),
        "usage": Usage(
            seconds=spent.seconds,
            setup_seconds=end.setup_seconds,
            memory=spent.memory,
            job_memory=spent.job_memory,
            gpu_memory=end.gpu_memory,
            gpu_seconds=spent.seconds * spec.limits.gpus,
        ),
    }
    if spec.task is Task.EVALUATE:
        return EvaluationReport(**common, **{name: getattr(end, name) for name in _COMMON})
    words = {name: getattr(end, name) for name in _TRAINING}
    words["calibration"] = words["calibration"] or run.calibration()
    return TrainReport(**common, **words, checkpoint=run.newest_checkpoint())
