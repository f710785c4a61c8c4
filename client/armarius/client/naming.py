"""What models and pages are called in the folder for the results."""

import re
from pathlib import Path

from armarius.client.jobs.request import JobRequest
from armarius.functions.contracts import EpochModel, Manifest, ModelFile, PageFormat, TrainReport
from armarius.functions.runpages import SUFFIXES

NOT_BETTER = "not-better"
"""Added to the name of a model that is no better than the one it was trained from: whoever copies a result over
the model that they have, by its name, finds none."""

EPOCHS = "epochs"
"""The folder of the models of single epochs."""

PAGES = "pages"
"""The folder of pages that were segmented or transcribed."""

LONGEST_PAGE_NAME = 180
"""Bytes: file systems take 255, and a suffix comes to it."""

_NOT_IN_NAMES = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f]+')


def best_model(request: JobRequest, report: TrainReport, model: ModelFile) -> Path:
    """Returns where a file of the best weights belongs."""
    suffix = f"-{NOT_BETTER}" if report.improved is False else ""
    return request.output / f"{request.name}{suffix}.{model.format}"


def epoch_model(request: JobRequest, model: EpochModel) -> Path:
    """Returns where the model file of an epoch belongs."""
    return request.output / EPOCHS / f"{request.name}-epoch-{model.epoch:03}.{model.format}"


def page_file(request: JobRequest, name: str, form: PageFormat) -> Path:
    """Returns where a page belongs.

    Args:
        request: What was asked.
        name: What the page is called, one of :func:`page_names`.
        form: In which format.
    """
    return request.output / PAGES / f"{name}.{SUFFIXES[form]}"


def page_names(manifest: Manifest) -> tuple[str, ...]:
    """Returns what the files of pages are called: as their images, each with a number that has the name of another.

    Where a file system does not tell large letters from small ones, none replaces another either.
    """
    taken: set[str] = set()
    return tuple(_free(_stem(page.image.name) or _stem(page.name) or "page", taken) for page in manifest.pages)


def _stem(name: str) -> str:
    """Returns a name without folders, suffix, and all that no file system should have to take."""
    plain = _NOT_IN_NAMES.sub("-", Path(name.replace("\\", "/")).stem).strip(" .-")
    return plain.encode()[:LONGEST_PAGE_NAME].decode(errors="ignore")


def _free(name: str, taken: set[str]) -> str:
    candidate, number = name, 1
    while candidate.casefold() in taken:
        number += 1
        candidate = f"{name}-{number}"
    taken.add(candidate.casefold())
    return candidate
