"""What came home of the pages of a job, by eScriptorium's primary keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from math import inf

from armarius.client.escriptorium.host.pagereports import Cost
from armarius.client.escriptorium.life.ending import gpu_seconds
from armarius.client.escriptorium.life.words import where
from armarius.client.escriptorium.pressing.packing import PAGE, key_of
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.client.pageresults import ResultPage, result_pages
from armarius.client.pages import PackedDataset
from armarius.functions.contracts import BadInput

CANCELLED = "The administrators cancelled it."


@dataclass(frozen=True)
class Home:
    """What is known of the pages of tasks that one job did, or that needed none.

    Attributes:
        pages: What came of those that a site did or left out.
        problems: Why others were not sent, as the rest of a sentence.
        remarks: What of a page was left out.
        sent: The pages that were sent; where there are none, and there is a failure, it is that of all.
        failure: Why there is nothing of those that were sent and did not come; empty if the job ended well.
        gpu_seconds: What the job took of GPUs.
        most_seconds: What all pages can have taken of processors together, whatever sites say.
    """

    pages: Mapping[int, ResultPage] = field(default_factory=dict)
    problems: Mapping[int, str] = field(default_factory=dict)
    remarks: Mapping[int, list[str]] = field(default_factory=dict)
    sent: frozenset[int] = frozenset()
    failure: str = ""
    gpu_seconds: float = 0.0
    most_seconds: float = inf

    @classmethod
    def of(cls, journal: Journal, job: JobRow) -> "Home":
        """Looks at what there is of a job that has ended.

        Where its packed dataset is gone, so are its pages.
        """
        failure, seconds = _failure(job), gpu_seconds(job) or 0.0
        try:
            packed = PackedDataset.load(job.request.dataset_dir)
        except BadInput as error:
            return cls(failure=failure or str(error), gpu_seconds=seconds)
        told = [(key_of(each.file.name, PAGE), each) for each in packed.problems]
        remarks: dict[int, list[str]] = {}
        for key, each in told:
            if key is not None and each.severity == "line":
                remarks.setdefault(key, []).append(each.what)
        return cls(
            pages={_key(page.name): page for page in result_pages(journal, job)},
            problems={key: each.what for key, each in told if key is not None and each.severity == "page"},
            remarks=remarks,
            sent=frozenset(_key(page.name) for page in packed.manifest.pages),
            failure=failure,
            gpu_seconds=seconds,
            most_seconds=_most_seconds(job),
        )

    def why_not(self, part: int, name: str) -> str:
        """Says why a page has no result; nothing if it has one, or needs none.

        Args:
            part: Primary key.
            name: What people call it.
        """
        if part in self.problems:
            return f"{name} {self.problems[part]}"
        page = self.pages.get(part)
        if self.failure and not self.sent:
            return self.failure
        if part not in self.sent or (page is not None and page.done and _is_here(page)):
            return ""
        if page is not None and not page.done:
            return f"{name} was left out: {page.message}"
        return self.failure or f"{name} did not come home."

    @property
    def spread(self) -> bool:
        """Whether pages tell what they took, so that what the job took can be divided among them."""
        return any(page.seconds for page in self.pages.values())

    def cost(self, part: int) -> Cost:
        """Returns what a page took: of the job's GPUs, a share by its time."""
        page = self.pages.get(part)
        if page is None or not self._whole:
            return Cost()
        share = self._seconds(page) / self._whole
        return Cost(share * min(self._whole, self.most_seconds), share * self.gpu_seconds)

    @cached_property
    def _whole(self) -> float:
        """What all pages took, as sites say: asked for with each page."""
        return sum(self._seconds(each) for each in self.pages.values())

    def _seconds(self, page: ResultPage) -> float:
        return min(page.seconds, self.most_seconds)


def _key(name: str) -> int:
    key = key_of(name, PAGE)
    return -1 if key is None else key


def _most_seconds(job: JobRow) -> float:
    """Returns the time of all runs as this machine saw it, on all of their processors: no site fills up a quota."""
    return sum(_seconds(run, job.updated) * run.shape.cpus for run in job.runs)


def _seconds(run: RunRow, until: float) -> float:
    seen = max(until - run.created, 0.0)
    return seen if run.walltime is None else min(seen, run.walltime)


def _is_here(page: ResultPage) -> bool:
    return all(file.is_file() for file in page.files.values())


def _failure(job: JobRow) -> str:
    if job.state is JobState.CANCELLED:
        return CANCELLED
    return "" if job.state is JobState.DONE else (job.error or "The pool could not do it.")


def site_of(page: ResultPage) -> str:
    """Returns where a page was done."""
    return where(page.site) if page.site else "the pool"
