"""Parts of campaigns as jobs of a pool."""

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from armarius.client.accounts.names import login_name
from armarius.client.campaigns.asked import Asked, Work
from armarius.client.campaigns.chunks import Chunk, ChunkImage, ChunkState, ChunkView, PageBrought, SiteOffer
from armarius.client.campaigns.events import PageDone
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.config import AnySiteConfig, DataPolicy, LocalSiteConfig
from armarius.client.errors import BadModelFile, JobNotFound, NoPages, shown
from armarius.client.job import Job
from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.pageresults import ResultPage, result_pages
from armarius.client.pages import PackedDataset
from armarius.client.placement.rules import forbidden
from armarius.client.placement.work import PAGE_PIXELS, reading_of
from armarius.client.pool import Pool
from armarius.functions.contracts import PageFault, PageParameters
from armarius.functions.files import sha256_of

FAR_PLACES = 4
"""Parts that a site behind a scheduler has at a time, unless its limit is lower: some wait while others compute."""

_STATES = {JobState.DONE: ChunkState.DONE, JobState.FAILED: ChunkState.FAILED, JobState.CANCELLED: ChunkState.CANCELLED}


class PoolChunks:
    """Hands the parts of one campaign to a pool; each is a job that bears the part's id.

    Args:
        pool: Its jobs are driven by this process, or by another one.
        place: The campaign's folder.
    """

    def __init__(self, pool: Pool, place: CampaignPlace) -> None:
        self._pool, self._place = pool, place
        self._done: dict[str, tuple[int, set[int]]] = {}
        self._unusable: dict[str, ChunkView] = {}
        self._checked: set[Path] = set()

    def sites(self, asked: Asked) -> Sequence[SiteOffer]:
        """Returns the sites that may have this campaign's pages and take something new; see ``Chunks``."""
        desk, request = self._pool.desk, self._request(asked)
        return [
            SiteOffer(link.config.name, _places(link.config), self._rate(link.config, asked.work))
            for name, link in desk.sites.items()
            if not forbidden(request, link.config, desk.data_rules) and not desk.is_drained(name)
        ]

    def submit(self, asked: Asked, chunk: Chunk) -> None:
        """Writes a job down, unless it is; see ``Chunks``. A file that is gone keeps no other waiting."""
        if self._job(chunk.id) is not None:
            return
        folder = self._folder(chunk.id)
        shutil.rmtree(folder, ignore_errors=True)  # of a job that was about to be written down
        self._require_models(asked)
        limits, files = asked.limits, [image.file for image in chunk.images if _is_there(image)]
        common: dict[str, Any] = {
            "formats": asked.work.formats,
            "name": f"{asked.name[:40]}-{chunk.id[-8:]}",
            "parameters": PageParameters.model_validate(asked.work.options),
            "output": folder,
            "job_id": chunk.id,
            "site": chunk.site,
            "only_tags": limits.only_tags,
            "project": limits.project,
            "priority": limits.priority,
        }
        segmentation = asked.segmentation_path or "blla"
        try:
            if not files:
                raise NoPages("None of its images is there any more, or can be read.")
            if asked.work.task == "segment":
                self._pool.segment(files, model=segmentation, **common)
            else:
                reader = asked.model_path or Path()
                self._pool.transcribe(files, reader, segmentation=segmentation, drawn=False, **common)
        except NoPages as error:  # nothing of it can be opened: that is what came of it
            self._unusable[chunk.id] = _unusable(chunk, error)

    def look(self, chunk_id: str) -> ChunkView:
        """Takes the job a step further, and tells how it stands; see ``Chunks``."""
        if chunk_id in self._unusable:
            return self._unusable[chunk_id]
        if self._job(chunk_id) is None:
            return ChunkView(ChunkState.UNKNOWN)
        row = self._pool.driver.look(chunk_id)
        if row.state.final:
            done = tuple(self._brought(row))
            return ChunkView(_STATES[row.state], len(done), _seconds(row), done, row.error)
        number = self._count(chunk_id)
        is_computed = row.state is JobState.RETURNING or (row.state.computing and number > 0)
        state = ChunkState.COMPUTING if is_computed else ChunkState.WAITING
        return ChunkView(state, number, error=self._pool.driver.trouble or _held_up(row))

    def cancel(self, chunk_id: str) -> None:
        """Notes the wish that the job end; see ``Chunks``."""
        job = self._job(chunk_id)
        if job is not None and not job.status().state.final:
            job.cancel()

    def forget(self, chunk_id: str) -> None:
        """Deletes what the job brought; see ``Chunks``."""
        self._done.pop(chunk_id, None)
        self._unusable.pop(chunk_id, None)
        shutil.rmtree(self._folder(chunk_id), ignore_errors=True)

    def wait(self, seconds: float) -> None:
        """Waits until a task ends, at most a tick of the driver; see ``Chunks``."""
        self._pool.driver.rest()

    def _folder(self, chunk_id: str) -> Path:
        return self._place.chunks / chunk_id

    def _job(self, chunk_id: str) -> Job | None:
        try:
            return self._pool.job(chunk_id)
        except JobNotFound:
            return None

    def _request(self, asked: Asked) -> JobRequest:
        """Returns what is asked of a site by any part, so that the pool's rules can say who may have it."""
        work, limits = asked.work, asked.limits
        return JobRequest(
            kind=JobKind(work.task),
            name="part",
            dataset=asked.source_sha256,
            dataset_dir=self._place.own,
            output=self._place.chunks,
            model=work.model,
            pages=_parameters(work),
            user=login_name(),
            institution=self._pool.config.institution,
            project=limits.project,
            policy=DataPolicy(tags=self._pool.config.known_tags(limits.only_tags), sites=limits.sites),
        )

    def _rate(self, site: AnySiteConfig, work: Work) -> float | None:
        """Returns the pages per second that jobs with these models had there; None where none was measured."""
        reading = reading_of(_parameters(work), work.model)
        rows = self._pool.desk.journal.sites.speeds(site.name, work.task)
        speeds = [row.seconds_per_pixel for row in rows if row.architecture == reading]
        return 1 / (median(speeds) * PAGE_PIXELS) if speeds else None

    def _require_models(self, asked: Asked) -> None:
        """Makes sure that the models are still those with which the campaign began; looks at each once.

        Raises:
            BadModelFile: One is gone, or has become another.
        """
        work = asked.work
        for model, path in ((work.model, asked.model_path), (work.segmentation, asked.segmentation_path)):
            if path is None or isinstance(model, str) or model is None or path in self._checked:
                continue
            if not path.is_file():
                raise BadModelFile(path, "is gone, and the campaign needs it.")
            if sha256_of(path) != model.sha256:
                raise BadModelFile(path, "has become another model since the campaign began.")
            self._checked.add(path)

    def _count(self, chunk_id: str) -> int:
        """Counts the pages that a job has told of; what was read before is not read again."""
        read, pages = self._done.get(chunk_id, (0, set()))
        lines = self._pool.desk.journal.progress(chunk_id, read)
        pages |= {line.page.number for _, line in lines if line.page is not None}
        self._done[chunk_id] = (lines[-1][0] if lines else read, pages)
        return len(pages)

    def _brought(self, row: JobRow) -> Iterator[PageBrought]:
        """Yields what came of the images, also of those that could not be packed."""
        for page in result_pages(self._pool.desk.journal, row):
            if page.fault is not PageFault.MISSING_IMAGE:  # which another part may have
                yield PageBrought(_told(page, row.id), page.files)
        packed = PackedDataset.load(row.request.dataset_dir)
        for problem in packed.problems:
            if problem.severity == "page" and problem.file.is_file():
                fault = _fault(sha256_of(problem.file), f"{shown(Path(problem.file.name))} {problem.what}", row.id)
                yield PageBrought(fault, {})


def _parameters(work: Work) -> PageParameters:
    given = PageParameters.model_validate(work.options)
    return given.model_copy(update={"segmentation": work.segmentation, "formats": work.formats})


def _places(site: AnySiteConfig) -> int:
    """Returns how many parts a site has at a time: a local one as many as it computes, another some more."""
    if isinstance(site, LocalSiteConfig):
        return site.workers
    return min(FAR_PLACES, site.limit or FAR_PLACES)


def _held_up(row: JobRow) -> str:
    """Says why a job waits in the pool, if it does."""
    return row.events[-1].message if row.state is JobState.WAITING and row.events else ""


def _seconds(row: JobRow) -> float:
    """Returns the seconds in which pages were computed, over all runs of a job."""
    usages = [(run.report_json or {}).get("usage") or {} for run in row.runs]
    return sum(max(0.0, float(each.get("seconds", 0)) - float(each.get("setup_seconds", 0))) for each in usages)


def _told(page: ResultPage, job: str) -> PageDone:
    return PageDone(
        image=page.sha256,
        fault=page.fault.value if page.fault else "",
        message=page.message,
        lines=page.lines,
        regions=page.regions,
        characters=page.characters,
        confidence=page.confidence,
        seconds=page.seconds,
        site=page.site,
        job=job,
    )


def _fault(image: str, message: str, job: str) -> PageDone:
    return PageDone(image=image, fault=PageFault.BAD_IMAGE.value, message=message, job=job)


def _is_there(image: ChunkImage) -> bool:
    return os.access(image.file, os.R_OK)


def _unusable(chunk: Chunk, error: NoPages) -> ChunkView:
    """Says what came of a part of which there is no job. Only images that the error tells of are at fault.

    Where that is none, the part has failed: a disk may be away, and nobody knows anything of the images on it.
    """
    reasons = {problem.file: problem.said for problem in error.problems if problem.severity == "page"}
    pages = [
        PageBrought(_fault(image.sha256, reasons[image.file], ""), {})
        for image in chunk.images
        if image.file in reasons and _is_there(image)
    ]
    if pages:
        return ChunkView(ChunkState.DONE, len(pages), pages=pages)
    gone = next((f" {shown(image.file)} is gone." for image in chunk.images if not _is_there(image)), "")
    return ChunkView(ChunkState.FAILED, error=f"{error}{gone}")
