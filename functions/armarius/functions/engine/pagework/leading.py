"""A run of ``segment`` or ``transcribe``: which pages are to be done, by whom, and what came of them."""

import time
from collections.abc import Sequence
from importlib.metadata import version

import psutil

from armarius.functions.contracts import (
    MOST_PAGES,
    Manifest,
    Outcome,
    PageParameters,
    PageResult,
    Phase,
    Reason,
)
from armarius.functions.engine.pagework.crew import PAUSE_SECONDS, Crew
from armarius.functions.engine.pagework.hand import Hand
from armarius.functions.engine.pagework.message import Answer
from armarius.functions.engine.pagework.pace import Pace
from armarius.functions.engine.pagework.sizing import Means
from armarius.functions.engine.session import Session
from armarius.functions.errors import EngineFault

SPARE = 0.95
"""Of the memory that is allowed: what is above all of it is ended by the supervisor."""


def perform(session: Session) -> None:
    """Does the pages that are not done yet, each in one step, and notes the end in the session.

    Raises:
        Paused: Somebody wishes a pause; what is done is done.
        Exception: Whatever went wrong. Pages that are broken are left out and go wrong for themselves alone.
    """
    session.note(kraken=version("kraken"), torch=version("torch"))
    manifest = session.site.manifest(session.spec.dataset)
    _check(manifest)
    session.run.sweep_pages()
    left = _left(session, manifest)
    pace = Pace(len(manifest.pages), len(manifest.pages) - len(left))
    if left:
        _work(session, manifest, left, pace)
    if _left(session, manifest):
        session.stop_if_asked()
    session.note(outcome=Outcome.FINISHED, message=_verdict(session.run.page_results()))


def _check(manifest: Manifest) -> None:
    if len(manifest.pages) > MOST_PAGES:
        raise EngineFault(
            Reason.BAD_DATA,
            f"{len(manifest.pages)} pages are more than one run may do ({MOST_PAGES}).",
            "Give them as several runs.",
        )


def _left(session: Session, manifest: Manifest) -> list[int]:
    """Returns the pages to do, the largest first: neither those that this run has done, nor those of earlier ones."""
    wanted = session.spec.pages or PageParameters()
    known = {*wanted.skip, *(result.number for result in session.run.page_results())}
    left = [number for number in range(len(manifest.pages)) if number not in known]
    return sorted(left, key=lambda number: _pixels(manifest, number), reverse=True)


def _pixels(manifest: Manifest, number: int) -> int:
    image = manifest.pages[number].image
    return image.width * image.height


def _work(session: Session, manifest: Manifest, left: Sequence[int], pace: Pace) -> None:
    limits = session.spec.limits
    memory = limits.memory or psutil.virtual_memory().available
    means = Means(limits.cpus, int(SPARE * memory) - session.host.used(), limits.gpus)
    crew = Crew(
        left,
        means,
        lambda heard, number: Hand(session.run, heard, number % limits.gpus if limits.gpus else None),
        session.pause.is_set,
    )
    session.progress(Phase.PREPARING, message="loading the models", step=pace.done, steps_per_epoch=pace.whole)
    for answer in crew.work():
        if not session.end.setup_seconds:
            session.note(setup_seconds=max(0.0, session.elapsed() - answer.seconds))
        result = session.run.record_page(_result(session, manifest, answer), answer.texts)
        pace.add(time.monotonic())
        session.note(gpu_memory=crew.needs.gpu_memory or None)
        session.progress(
            Phase.READING,
            step=pace.done,
            steps_per_epoch=pace.whole,
            pages_per_second=pace.per_second(),
            seconds_left=pace.seconds_left(),
            pause_seconds=PAUSE_SECONDS,
            page=result,
        )


def _result(session: Session, manifest: Manifest, answer: Answer) -> PageResult:
    number = answer.number or 0
    page = manifest.pages[number]
    return PageResult(
        number=number,
        page=page.name,
        image=page.image.sha256,
        run_id=session.run.run_id,
        fault=answer.fault,
        message=answer.message,
        lines=answer.lines,
        regions=answer.regions,
        characters=answer.characters,
        confidence=answer.confidence,
        seconds=answer.seconds,
    )


def _verdict(results: Sequence[PageResult]) -> str:
    """Says how many pages were left out, if any were."""
    out = [result for result in results if not result.done]
    if not out:
        return ""
    first = out[0]
    named = f"Page {first.page!r}: {first.message}"
    return f"{len(out)} of {len(results)} pages were left out. {named}"
