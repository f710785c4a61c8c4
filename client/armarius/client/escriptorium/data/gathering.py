"""Packing the pages of a training."""

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from armarius.client.errors import CannotSplit, NoPages, PageError
from armarius.client.escriptorium.data.reading import read_part
from armarius.client.escriptorium.data.splitting import split_pages, split_texts
from armarius.client.escriptorium.data.wanted import Wanted
from armarius.client.pages import PackedDataset, Problem
from armarius.client.pages.pack import assemble, distinct
from armarius.client.pages.packed import reasons_of
from armarius.client.pages.reading import ReadPage
from armarius.client.prepare import Start, start_of
from armarius.functions.contracts import RecognitionParameters, SegmentationParameters, TrainingParameters

LINE_OFFSETS = {0: "baseline", 1: "topline", 2: "centerline"}
"""The values of ``Document.line_offset``."""

Done = Callable[[int, int], None]
"""Called after each page with how many are done and how many there are."""


def gather(asked: Wanted, folder: Path, on_page: Done = lambda done, total: None) -> PackedDataset:
    """Reads all pages of a training and packs what can be used; the rest becomes problems, each with its reason.

    Args:
        asked: What it is about.
        folder: Where its images are linked to, so that nobody takes them away while they are sent.
        on_page: Told of each page.

    Raises:
        NoPages: None can be used.
        CannotSplit: Too few remain to keep some for validation.
    """
    problems: list[Problem] = []
    pages: list[ReadPage] = []
    for done, page in enumerate(asked.pages, 1):
        try:
            pages.append(read_part(page))
        except PageError as error:
            problems.append(Problem(error.file, f"{error.what} {error.hint}".strip(), "page"))
        on_page(done, len(asked.pages))
    pages = distinct(pages, problems)
    reasons = reasons_of(problems)
    if not pages:
        raise NoPages("No page of this training can be used." + reasons, "Mend one of them and train again.")
    try:
        placed = split_texts(pages) if asked.recognition else split_pages(pages)
    except CannotSplit as error:
        raise CannotSplit(error.message, error.hint + (f" Left out:{reasons}" if reasons else "")) from error
    return assemble([(replace(page, path=kept(page, folder)), split) for page, split in placed], problems)


def kept(page: ReadPage, folder: Path) -> Path:
    """Links the image of a page into a folder; where file systems differ it is used from where it lies."""
    link = folder / page.image.sha256
    folder.mkdir(parents=True, exist_ok=True)
    try:
        os.link(page.path, link)
    except FileExistsError:
        return link
    except OSError:
        return page.path
    return link


def start_for(asked: Wanted, packed: PackedDataset, base: Path | None, chosen: dict[str, object], offset: int) -> Start:
    """Returns what a training starts from, and how it trains.

    Args:
        asked: What it is about.
        packed: Its pages.
        base: The weights that its model has already; without any a segmentation starts from kraken's own model.
        chosen: Parameters that the admin has set.
        offset: The document's ``line_offset``.

    Raises:
        BadModelFile: The weights are damaged, or for something else.
    """
    parameters: TrainingParameters
    if asked.recognition:
        order = "R" if packed.manifest.text_direction in ("horizontal-rl", "vertical-rl") else "L"
        parameters = RecognitionParameters.model_validate({"bidi_reordering": order, **chosen})
        return start_of(parameters, base)
    parameters = SegmentationParameters.model_validate({"line_offset": LINE_OFFSETS[offset], "base": "blla", **chosen})
    return start_of(parameters, base)
