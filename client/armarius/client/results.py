"""What a finished job leaves in its folder, beside the models."""

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from armarius.client.card import model_card
from armarius.client.jobs.request import JobKind, JobRequest
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.client.report import render_report
from armarius.client.report.told import decisions_of
from armarius.functions.contracts import EvaluationReport, Manifest, Split, TrainReport
from armarius.functions.files import write_bytes

REPORT = "report.html"
CARD = "README.md"
PROVENANCE = "provenance.json"
EVALUATION = "evaluation.json"

_OF_THIS_POOL = {"dataset_dir", "model_path", "output", "user", "project", "institution", "priority"}
"""Fields of a request that say nothing elsewhere, and too much of a person and their folders: models are given away."""


def write_results(job: JobRow, journal: Journal) -> None:
    """Describes what a finished job made, in the folder for its results.

    Writes ``report.html``; for a training ``README.md`` (the model card) and ``provenance.json``, for an evaluation
    ``evaluation.json``. Each is written in one step, and anew when this is called again.

    Args:
        job: The newest run of which has a report.
        journal: For the progress.
    """
    request, folder = job.request, job.request.output
    pages = _pages(request)
    if request.kind is JobKind.EVALUATE:
        write_bytes(folder / EVALUATION, _json(_evaluation(job)))
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
    page = render_report(job, progress, pages, decisions=decisions_of(journal, job))
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


def _json(content: dict[str, Any]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode()
