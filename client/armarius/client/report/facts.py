"""What is known of a job, read from the journal's rows once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.jobs.state import JobState
from armarius.client.journal.tables import EventRow, JobRow, RunRow
from armarius.client.pageresults import PagesTold
from armarius.client.placement.decision import Decision
from armarius.client.wording import Wording, wording_of
from armarius.functions.contracts import (
    AnyMetrics,
    CalibrationReport,
    Choice,
    DatasetSummary,
    EpochModel,
    EvaluationReport,
    Outcome,
    PagesReport,
    Progress,
    RunSpec,
    Shape,
    TrainReport,
    report_of,
)

AnyReport = TrainReport | EvaluationReport | PagesReport


class Status(str, Enum):
    """How a job stands, as a reader cares."""

    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    RUNNING = "running"
    WAITING = "waiting"


@dataclass(frozen=True)
class Attempt:
    """One run of the job: what was asked, and what came of it.

    Attributes:
        walltime: Seconds asked for, or None for no end.
        step: Optimiser steps done, as last heard.
        report: None while it has not ended, or where it was lost.
        decision: Why it went there, and when it would be done; None where that was not handed over.
    """

    number: int
    site: str
    spec: RunSpec
    shape: Shape
    walltime: float | None
    step: int
    report: AnyReport | None
    decision: Decision | None = None

    @property
    def training(self) -> TrainReport | None:
        """The report of a training."""
        return self.report if isinstance(self.report, TrainReport) else None

    @property
    def measuring(self) -> TrainReport | EvaluationReport | None:
        """The report of a run that measures a model."""
        return None if isinstance(self.report, PagesReport) else self.report


@dataclass(frozen=True)
class Facts:
    """A job with its runs and its progress.

    Attributes:
        as_of: Seconds since 1970 at which this was so.
        progress: Of all runs, in order.
        pages: Pages by split, where the dataset is at hand.
        told: What came of pages, of work on pages.
    """

    id: str
    state: JobState
    error: str
    created: float
    as_of: float
    request: JobRequest
    events: tuple[EventRow, ...]
    attempts: tuple[Attempt, ...]
    progress: tuple[Progress, ...]
    pages: dict[str, int]
    told: PagesTold = field(default_factory=PagesTold)

    @property
    def last(self) -> Attempt | None:
        """The newest run."""
        return self.attempts[-1] if self.attempts else None

    @property
    def report(self) -> AnyReport | None:
        """The report of the newest run."""
        return self.last.report if self.last else None

    @property
    def training(self) -> TrainReport | None:
        """The same, if it trained."""
        return self.last.training if self.last else None

    @property
    def trains(self) -> bool:
        """Whether a model comes of it."""
        return self.request.kind is JobKind.TRAIN

    @property
    def is_of_pages(self) -> bool:
        """Whether pages come of it."""
        return self.request.kind.is_of_pages

    @property
    def status(self) -> Status:
        """How it stands. What is on its way home counts as done: only copying is left."""
        if self.state is JobState.RETURNING and self.report and self.report.outcome is Outcome.FINISHED:
            return Status.DONE
        names = {status.value: status for status in Status}
        return names.get(self.state.value, Status.RUNNING)

    @property
    def wording(self) -> Wording[Any]:
        """The words of its kind of model."""
        return wording_of(self.request.parameters.kind)

    @property
    def metrics(self) -> AnyMetrics | None:
        """How good the model is."""
        return self.last.measuring.metrics if self.last and self.last.measuring else None

    @property
    def baseline(self) -> AnyMetrics | None:
        """How good the base model is in validation, as the newest run that said so."""
        told = [each.training.baseline for each in self.attempts if each.training and each.training.baseline]
        return told[-1] if told else None

    @property
    def choice(self) -> Choice | None:
        """With how many lines a step, and in what arithmetic, it was trained, as the newest run that said so."""
        told = [each.training.choice for each in self.attempts if each.training and each.training.choice]
        return told[-1] if told else None

    @property
    def improved(self) -> bool | None:
        """Whether a fine-tuning is better than its base model."""
        return self.training.improved if self.training else None

    @property
    def epoch_models(self) -> tuple[EpochModel, ...]:
        """The model files of epochs, by number: as the newest report says, and what was heard since."""
        told = [model for each in self.attempts if each.training for model in each.training.epoch_models]
        heard = [line.model for line in self.progress if line.model]
        if self.training and self.training.epoch_models:
            return self.training.epoch_models
        known = {model.epoch: model for model in [*told, *heard]}
        return tuple(known[number] for number in sorted(known))

    @property
    def dataset(self) -> DatasetSummary | None:
        """What the pages came to, as the newest run that said so."""
        told = [each.measuring.dataset for each in self.attempts if each.measuring and each.measuring.dataset]
        return told[-1] if told else None

    @property
    def seconds(self) -> float:
        """Seconds that sites spent on it, over all runs that reported."""
        return sum(attempt.report.usage.seconds for attempt in self.attempts if attempt.report)

    @property
    def sites(self) -> tuple[str, ...]:
        """Where it ran, in order, each once."""
        return tuple(dict.fromkeys(attempt.site for attempt in self.attempts))

    @property
    def calibrated(self) -> tuple[Attempt, CalibrationReport] | None:
        """The run that was measured, with what it foretold; later runs carry the same report along."""
        found = [(each, each.training.calibration) for each in self.attempts if each.training]
        return next(((attempt, calibration) for attempt, calibration in found if calibration), None)


def gather(
    job: JobRow,
    progress: Sequence[Progress],
    pages: dict[str, int] | None = None,
    decisions: Mapping[str, Decision] | None = None,
    told: PagesTold | None = None,
) -> Facts:
    """Reads a job's rows.

    Args:
        job: With its runs and events.
        progress: Of all its runs, in order.
        pages: Pages by split.
        decisions: Why each run went where it went, by its id.
        told: What came of pages.
    """
    why = decisions or {}
    return Facts(
        id=job.id,
        state=job.state,
        error=job.error or "",
        created=job.created,
        as_of=max([job.updated, *(line.at for line in progress)]),
        request=job.request,
        events=tuple(job.events),
        attempts=tuple(_attempt(run, why.get(run.id)) for run in job.runs),
        progress=tuple(progress),
        pages=pages or {},
        told=told or PagesTold(),
    )


def _attempt(run: RunRow, decision: Decision | None) -> Attempt:
    return Attempt(run.number, run.site, run.spec, run.shape, run.walltime, run.step or 0, _report(run), decision)


def _report(run: RunRow) -> AnyReport | None:
    return None if run.report_json is None else report_of(run.task).model_validate(run.report_json)
