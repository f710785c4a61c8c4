"""What a run leaves behind."""

from typing import Any

from pydantic import Field

from armarius.functions.contracts.base import Contract, NonNegative, RunId, Sha256
from armarius.functions.contracts.calibration import CalibrationReport
from armarius.functions.contracts.choice import Choice
from armarius.functions.contracts.epoch import Epoch
from armarius.functions.contracts.metrics import AnyMetrics
from armarius.functions.contracts.models import EpochModel, ModelFile
from armarius.functions.contracts.outcome import Outcome, Reason
from armarius.functions.contracts.pages import PageResult
from armarius.functions.contracts.spec import CheckpointRef, Task
from armarius.functions.contracts.usage import Usage, Versions


class DatasetSummary(Contract):
    """What became of the dataset on the site.

    Attributes:
        dataset: Its digest.
        lines: Lines used, by split.
        regions: Regions used, by split; recognition uses none.
        dropped: Lines that kraken could not cut out of their page.
    """

    dataset: Sha256
    lines: dict[str, int]
    regions: dict[str, int] = Field(default_factory=dict)
    dropped: int = 0


class RunReport(Contract):
    """What every report says. ``report.json`` is the truth; a function's return value is only a hint of it."""

    run_id: RunId
    task: Task
    outcome: Outcome
    reason: Reason | None = None
    message: str = ""
    started: NonNegative
    ended: NonNegative
    versions: Versions
    usage: Usage
    host: str = ""

    @classmethod
    def common(cls, report: dict[str, Any]) -> "RunReport":
        """Reads of a report, as JSON, what all kinds have in common."""
        return RunReport.model_validate({name: report[name] for name in RunReport.model_fields if name in report})


class TrainReport(RunReport):
    """The end of a ``calibrate`` or ``train`` run.

    Attributes:
        calibration: What was foretold, where it was.
        epochs: Every epoch of the job so far, in order: those of the runs that it goes on from, too.
        best_epoch: The number of the epoch whose weights are in ``models``.
        metrics: Of the best weights: on the test pages where there are some, else on the validation pages.
        models: The best weights in each format; empty unless finished.
        checkpoint: The newest one, to go on from.
        dataset: What the pages came to.
        epoch_models: A model file of every epoch of the job so far, if they were asked for: those of the runs that it
            goes on from, too.
        baseline: How good the base model was in validation, before the training; None without one.
        improved: Whether the best epoch did better than it; None without one.
        choice: With how many lines a step, and in what arithmetic, it was trained.
    """

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


class EvaluationReport(RunReport):
    """The end of an ``evaluate`` run."""

    metrics: AnyMetrics | None = None
    dataset: DatasetSummary | None = None


class PagesReport(RunReport):
    """The end of a ``segment`` or ``transcribe`` run, of whatever outcome: pages that are done stay done.

    Attributes:
        pages: Those that this run did or left out, in the manifest's order.
    """

    pages: tuple[PageResult, ...] = ()


def report_of(task: Task) -> type[TrainReport] | type[EvaluationReport] | type[PagesReport]:
    """Returns the kind of report that a run leaves."""
    if task.is_of_pages:
        return PagesReport
    return EvaluationReport if task is Task.EVALUATE else TrainReport
