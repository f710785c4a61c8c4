"""A job of a pool, as Python sees it, and what it brings."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Generic

from armarius.client.errors import JobEnded, LeaseLost
from armarius.client.futures import Followed, M_co
from armarius.client.jobs.request import JobKind
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.naming import best_model, epoch_model
from armarius.client.pageresults import ResultPage, result_pages
from armarius.client.results import write_report
from armarius.functions.contracts import EvaluationReport, PagesReport, Progress, TrainReport

if TYPE_CHECKING:
    from armarius.client.pool import Pool


@dataclass(frozen=True)
class JobResult(Generic[M_co]):
    """What a finished job brought.

    Attributes:
        models: The model files by format ("safetensors", "mlmodel"); empty where no model comes of it.
        metrics: Measured on the test pages, or on the validation pages where no page was held out; None of work on
            pages.
        report: The report of the run that finished it, with versions and usage.
        output: The folder that holds it all: models, model card, pages, ``report.html``.
        dataset: The digest of what it was trained or evaluated on, or of the pages that were given.
        improved: Whether a fine-tuning made fewer errors on the validation lines than its base model, whose figures
            are ``report.baseline``; None for any other job. If False, the files in ``models`` are called "not better".
        epoch_models: The model files of epochs by number, if they were asked for.
        pages: What came of each page that was segmented or transcribed, over all runs of the job: its files, or why it
            was left out. In the order of their names; images that could not be packed are not among them.
    """

    models: dict[str, Path]
    metrics: M_co
    report: TrainReport | EvaluationReport | PagesReport
    output: Path
    dataset: str
    improved: bool | None = None
    epoch_models: dict[int, Path] = field(default_factory=dict)
    pages: tuple[ResultPage, ...] = ()


class Job(Followed[M_co]):
    """A job of a pool.

    Args:
        pool: Whose it is.
        job_id: Its id.
    """

    def __init__(self, pool: "Pool", job_id: str) -> None:
        self._pool = pool
        self.id = job_id

    def status(self) -> JobRow:
        """Reads how it stands: state, runs, history, error."""
        return self._pool.desk.journal.job(self.id)

    def progress(self, after: int = 0) -> list[tuple[int, Progress]]:
        """Reads its progress, each line with its number; those up to ``after`` are left out."""
        return self._pool.desk.journal.progress(self.id, after)

    def wait(self, seen: Callable[[JobRow], None] = lambda _: None, stop: Event | None = None) -> JobRow:
        """Drives it to its end, and returns how it ended.

        Args:
            seen: Called after every look at it, about twice a second.
            stop: Set it to leave before.
        """
        if self._pool.following.active:
            return self._pool.following.wait(self, seen, stop or Event())
        return self._pool.driver.drive(self.id, seen, stop or Event())

    def result(self) -> JobResult[M_co]:
        """Returns what it brought.

        Raises:
            JobEnded: It has brought nothing (yet).
        """
        return self._brought()

    def _brought(self) -> "JobResult[Any]":
        """Returns it, whatever the job was to measure."""
        job = self.status()
        if job.state is not JobState.DONE or job.run is None:
            raise JobEnded(f"Job {self.id} is {job.state.value}. {job.error}".strip(), f"See: armarius show {self.id}")
        request, raw = job.request, job.run.report_json
        if request.kind is JobKind.EVALUATE:
            evaluated = EvaluationReport.model_validate(raw)
            return JobResult({}, evaluated.metrics, evaluated, request.output, request.dataset)
        if request.kind.is_of_pages:
            report = PagesReport.model_validate(raw)
            pages = result_pages(self._pool.desk.journal, job)
            return JobResult({}, None, report, request.output, request.dataset, pages=pages)
        trained = TrainReport.model_validate(raw)
        return JobResult(
            {model.format: best_model(request, trained, model) for model in trained.models},
            trained.metrics,
            trained,
            request.output,
            request.dataset,
            trained.improved,
            {model.epoch: epoch_model(request, model) for model in trained.epoch_models},
        )

    def cancel(self) -> None:
        """Notes the wish that it end, and takes the first step if nobody else drives it."""
        self._pool.desk.journal.ask_to_cancel(self.id, self._pool.desk.clock.now())
        if self._pool.following.active:
            self.future()
        else:
            self._pool.driver.look(self.id)

    def resume(self) -> None:
        """Lets a cancelled or failed job begin again, from its newest checkpoint where there is one.

        Raises:
            JobEnded: It is done.
            LeaseLost: Another process is at it.
        """
        job, desk = self.status(), self._pool.desk
        if job.state is JobState.DONE:
            raise JobEnded(f"Job {self.id} is done; there is nothing to resume.", f"See: armarius show {self.id}")
        if job.state.final:
            if not desk.claim(self.id):
                raise LeaseLost(self.id)
            desk.journal.revive(self.id, desk.owner, desk.clock.now(), "begun again")

    def report(self, path: Path) -> Path:
        """Writes the report page as it stands now, and returns where."""
        write_report(self.status(), self._pool.desk.journal, path)
        return path
