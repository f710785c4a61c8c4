"""One page: from its image to its files."""

import dataclasses
import time
from typing import Any

from PIL import Image

from armarius.functions.contracts import Manifest, Page, PageFault, Reason, Task
from armarius.functions.engine.pages import opened
from armarius.functions.engine.pagework.container import given_lines
from armarius.functions.engine.pagework.loaded import Loaded, plain_name
from armarius.functions.engine.pagework.message import Answer
from armarius.functions.engine.pagework.writing import texts
from armarius.functions.errors import EngineFault, SiteError
from armarius.functions.faults import explain
from armarius.functions.site import Site

_FAULTS = {
    Reason.BAD_DATA: PageFault.BAD_IMAGE,
    Reason.MISSING_DATA: PageFault.MISSING_IMAGE,
    Reason.OUT_OF_MEMORY: PageFault.OUT_OF_MEMORY,
    Reason.OUT_OF_GPU_MEMORY: PageFault.OUT_OF_MEMORY,
}


class NoLines(Exception):
    """There is nothing on a page."""


def do_page(site: Site, manifest: Manifest, number: int, task: Task, loaded: Loaded) -> Answer:
    """Segments or transcribes a page; whatever is wrong with it is in the answer.

    Args:
        site: Where its image is.
        manifest: The pages.
        number: Which of them.
        task: What to do.
        loaded: With which models.
    """
    began = time.monotonic()
    page = manifest.pages[number]
    try:
        answer = _done(site, page, task, loaded)
    except NoLines:
        answer = Answer(fault=PageFault.NO_LINES, message="No line was found on it.")
    except Exception as error:
        answer = _left_out(error)
    return answer.model_copy(update={"number": number, "seconds": time.monotonic() - began})


def _done(site: Site, page: Page, task: Task, loaded: Loaded) -> Answer:
    path = site.verified(page.image.sha256, f"The image of page {page.name!r}")
    with opened(path, page) as image:
        found = _lines(page, image, task, loaded)
        if not found.lines and (task is Task.TRANSCRIBE or not any(found.regions.values())):
            raise NoLines
        if loaded.reader is not None:
            found = dataclasses.replace(found, lines=loaded.read_lines(image, found))
        size = image.size
    found = dataclasses.replace(found, imagename=plain_name(page.image.name) or page.image.sha256)
    confidences = [float(each) for line in found.lines for each in getattr(line, "confidences", ())]
    return Answer(
        texts=texts(
            found,
            size,
            loaded.steps,
            loaded.parameters.formats,
            words=loaded.parameters.subline_segmentation,
        ),
        lines=len(found.lines),
        regions=sum(map(len, found.regions.values())),
        characters=sum(len(getattr(line, "prediction", "")) for line in found.lines),
        confidence=min(1.0, sum(confidences) / len(confidences)) if confidences else None,
    )


def _lines(page: Page, image: Image.Image, task: Task, loaded: Loaded) -> Any:
    """Returns the lines that the page has; those that are found where it has none, or others are wanted."""
    if task is Task.TRANSCRIBE and page.lines:
        return given_lines(page, image, loaded.direction)
    return loaded.find_lines(image)


def _left_out(error: Exception) -> Answer:
    """Says why a page is left out, or why none can be done: the machine is to blame."""
    reason, message = explain(error)
    if reason in (Reason.DISK_FULL, Reason.READ_ONLY):
        return Answer(reason=reason, message=message)
    fault = _FAULTS.get(reason, PageFault.NOT_UNDERSTOOD)
    if isinstance(error, SiteError):
        message = error.message if isinstance(error, EngineFault) else f"{error.message} {error.hint}"
    return Answer(fault=fault, message=message)
