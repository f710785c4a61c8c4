"""What a job's runs have outgrown, and which shapes are left to try."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from armarius.client.journal import RunRow
from armarius.functions.contracts import Reason, Shape

WANTS = (Reason.OUT_OF_MEMORY, Reason.OUT_OF_GPU_MEMORY)


@dataclass(frozen=True)
class Outgrown:
    """What was not enough; nothing, at first.

    Attributes:
        memory: Bytes of main memory.
        gpu_memory: Bytes of a GPU.
        gpus: GPUs that there were. What trains on one is not sent to a CPU for its larger memory.
        most: Bytes of main memory that a run gets, whatever its shape has; None for no such bound.
    """

    memory: int = 0
    gpu_memory: int = 0
    gpus: int = 0
    most: int | None = None

    def beyond(self, shapes: Iterable[Shape]) -> list[Shape]:
        """Returns the shapes that have more."""
        return [
            shape
            for shape in shapes
            if shape.gpus >= self.gpus
            and self._given(shape) > self.memory
            and (not self.gpu_memory or shape.gpu_memory > self.gpu_memory)
        ]

    def as_much(self, shapes: Iterable[Shape]) -> list[Shape]:
        """Returns the shapes that have no less: for what takes less of it."""
        return [
            shape
            for shape in shapes
            if shape.gpus >= self.gpus and self._given(shape) >= self.memory and shape.gpu_memory >= self.gpu_memory
        ]

    def _given(self, shape: Shape) -> int:
        return shape.memory if self.most is None else min(shape.memory, self.most)


def want_of(run: RunRow) -> Reason | None:
    """Returns what kind of memory a run ran out of, if it did."""
    return next((want for want in WANTS if run.report_json and run.report_json["reason"] == want.value), None)


def outgrown(runs: Sequence[RunRow], most: int | None = None) -> Outgrown:
    """Returns what was not enough for runs.

    Args:
        runs: Of one job.
        most: Bytes of main memory that its person allows.
    """
    tight = [run for run in runs if want_of(run) is Reason.OUT_OF_MEMORY]
    cramped = [run for run in runs if want_of(run) is Reason.OUT_OF_GPU_MEMORY]
    return Outgrown(
        memory=max((run.spec.limits.memory or run.shape.memory for run in tight), default=0),
        gpu_memory=max((run.shape.gpu_memory for run in cramped), default=0),
        gpus=max((run.shape.gpus for run in (*tight, *cramped)), default=0),
        most=most,
    )
