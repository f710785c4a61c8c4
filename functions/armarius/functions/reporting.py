"""From the engine's last words to the report of a run."""

import os
from dataclasses import dataclass, field
from typing import Any

from armarius.functions.contracts import (
    EvaluationReport,
    PagesReport,
    RunReport,
    RunSpec,
    Task,
    TrainReport,
    Usage,
)
from armarius.functions.handover import EngineEnd
from armarius.functions.rundir import RunDir
from armarius.functions.versions import versions


@dataclass(frozen=True)
class Spent:
    """What a run took, as seen from outside of its engine.

    Attributes:
        started: Seconds since 1970.
        ended: Seconds since 1970.
        memory: Peak bytes of the engine's processes, or None where there was none.
        job_memory: Peak bytes of the scheduler's job, where the kernel counts them.
        neighbours: Other runs on the same GPU, in the mean, where some may be.
        host: The machine; this one by default.
    """

    started: float
    ended: float
    memory: int | None
    job_memory: int | None = None
    neighbours: float | None = None
    host: str = field(default_factory=lambda: os.uname().nodename)

    @property
    def seconds(self) -> float:
        """Wall time; never less than none, whatever was done to the clock."""
        return max(0.0, self.ended - self.started)


def compose(run: RunDir, spec: RunSpec, end: EngineEnd, spent: Spent) -> RunReport:
    """Makes the report of a run.

    Args:
        run: Its directory, for the newest checkpoint, for what was foretold if the engine could not say it, and for
            what came of pages.
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
            training_memory=end.training_memory,
            gpu_memory=end.gpu_memory,
            gpu_seconds=spent.seconds * spec.limits.gpus,
            neighbours=spent.neighbours,
        ),
    }
    if spec.task is Task.EVALUATE:
        return EvaluationReport(**common, **_words(end, EvaluationReport))
    if spec.task.is_of_pages:
        return PagesReport(**common, **_words(end, PagesReport), pages=run.page_results())
    words = _words(end, TrainReport)
    words["calibration"] = words["calibration"] or run.calibration()
    words["checkpoint"] = run.newest_checkpoint()
    return TrainReport(**common, **words)


def _words(end: EngineEnd, report: type[RunReport]) -> dict[str, Any]:
    """Returns what the engine said of all that a report tells: the fields have the same names."""
    return {name: getattr(end, name) for name in EngineEnd.model_fields.keys() & report.model_fields.keys()}
