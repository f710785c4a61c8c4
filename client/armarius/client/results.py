"""What a finished job leaves in its folder, beside models and pages."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from armarius.client.card import model_card
from armarius.client.errors import shown
from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.client.naming import PAGES
from armarius.client.pageresults import ResultPage, all_told, pages_told
from armarius.client.report import render_report
from armarius.client.report.told import decisions_of
from armarius.functions.contracts import EvaluationReport, Manifest, Split, TrainReport
from armarius.functions.files import write_bytes

REPORT = "report.html"
CARD = "README.md"
PROVENANCE = "provenance.json"
EVALUATION = "evaluation.json"
PAGES_LIST = "pages.json"

_OF_THIS_POOL = {
    "dataset_dir",
    "model_path",
    "segmentation_path",
    "output",
    "user",
    "project",
    "institution",
    "priority",
}
"""Fields of a request that say nothing elsewhere, and too much of a person and their folders: models are given away."""


def write_results(job: JobRow, journal: Journal) -> None:
    """Describes what a finished job made, in the folder for its results.

    Writes ``report.html``; for a training ``README.md`` (the model card) and ``provenance.json``, for an evaluation
    ``evaluation.json``, for work on pages ``pages.json``. Each is written in one step, and anew when this is called
    again.

    Args:
        job: The newest run of which has a report.
        journal: For the progress.
    """
    request, folder = job.request, job.request.output
    pages = _pages(request)
    if request.kind is JobKind.EVALUATE:
        write_bytes(folder / EVALUATION, _json(_evaluation(job)))
    elif request.kind.is_of_pages:
        write_bytes(folder / PAGES_LIST, _json(_pages_list(job, journal)))
    else:
        card = model_card(job, TrainReport.model_validate(_report(job)), pages=pages)
        write_bytes(folder / CARD, card.encode())
        write_bytes(folder / PROVENANCE, _json(_provenance(job)))
    _write_report(job, journal, folder / REPORT, pages)


def write_report(job: JobRow, journal: Journal, path: Path) -> None:
    """Writes the report page of a job as it stands now.

    Args:
        job: In whatever state.
        journal: For the progress.
        path: The file; replaced in one step if it is there.
    """
    _write_report(job, journal, path, _pages(job.request))


def _write_report(job: JobRow, journal: Journal, path: Path, pages: dict[str, int]) -> None:
    progress = [line for _, line in journal.progress(job.id)]
    told = pages_told(journal, job) if job.request.kind.is_of_pages else None
    page = render_report(job, progress, pages, decisions=decisions_of(journal, job), told=told)
    write_bytes(path, page.encode())


def _pages(request: JobRequest) -> dict[str, int]:
    """Counts the pages of each split; nothing when the packed dataset is gone, for a report needs it not."""
    try:
        manifest = Manifest.model_validate_json((request.dataset_dir / "manifest.json").read_bytes())
    except (OSError, ValidationError):
        return {}
    return {split.value: len(manifest.in_split(split)) for split in Split}


def _report(job: JobRow) -> dict[str, Any]:
    return (job.run.report_json if job.run else None) or {}


def _provenance(job: JobRow) -> dict[str, Any]:
    """All that was asked and answered, by whom, and with which versions."""
    return {
        "armarius_provenance": 1,
        "job": job.id,
        "created": job.created,
        "request": job.request.model_dump(mode="json", exclude=_OF_THIS_POOL),
        "versions": _report(job)["versions"],
        "runs": [_run(run) for run in job.runs],
    }


def _run(run: RunRow) -> dict[str, Any]:
    return {
        "number": run.number,
        "site": run.site,
        "shape": run.shape_json,
        "walltime": run.walltime,
        "spec": run.spec_json,
        "report": run.report_json,
    }


def _evaluation(job: JobRow) -> dict[str, Any]:
    """How well the model read, and all that the figures depend on."""
    request = job.request
    return {
        "armarius_evaluation": 1,
        "job": job.id,
        "name": request.name,
        "dataset": request.dataset,
        "model": request.model.model_dump(mode="json") if request.model else None,
        "report": EvaluationReport.model_validate(_report(job)).model_dump(mode="json"),
    }


def _pages_list(job: JobRow, journal: Journal) -> dict[str, Any]:
    """What came of each page, where its files are from here, and all that they depend on."""
    request, told = job.request, all_told(journal, job)
    return {
        "armarius_pages": 1,
        "job": job.id,
        "name": request.name,
        "task": request.kind.value,
        "dataset": request.dataset,
        "model": request.model.model_dump(mode="json") if request.model else None,
        "parameters": request.pages.model_dump(mode="json", exclude={"skip"}) if request.pages else None,
        "versions": _report(job)["versions"],
        "pages": [_page(page) for page in told.pages],
        "not_packed": [{"image": name, "why": why} for name, why in told.not_packed],
    }


def _page(page: ResultPage) -> dict[str, Any]:
    return {
        "name": page.name,
        "image": {"name": shown(Path(page.image.name)), "sha256": page.sha256},
        "files": {form: f"{PAGES}/{path.name}" for form, path in page.files.items()},
        "fault": page.fault.value if page.fault else None,
        "message": page.message,
        "lines": page.lines,
        "regions": page.regions,
        "characters": page.characters,
        "confidence": page.confidence,
        "seconds": page.seconds,
        "site": page.site,
    }


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
