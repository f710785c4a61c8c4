"""What happened to a run on its site: its files, its wait, its silence, its end."""

from collections.abc import Iterator
from math import inf
from typing import Any

from armarius.client.history.entry import Entry
from armarius.client.jobs.places import site_of
from armarius.client.journal import JobRow, Journal, RunRow
from armarius.client.journal.ends import UNKNOWN, reported
from armarius.client.words import duration, size

_TRANSFERS = {"in": "files there", "checkpoint": "checkpoint fetched", "out": "model fetched"}
"""What the transfers of a run bring, by the end of their names."""


def on_its_site(journal: Journal, job: JobRow, run: RunRow, following: RunRow | None) -> Iterator[Entry]:
    """Tells what happened to a run.

    Args:
        journal: Where it is written.
        job: Whose it is.
        run: The run.
        following: The next run of the job, if there is one.
    """
    where = {"site": site_of(run.site), "run": run.id}
    yield from _transfers(journal, where, pages=job.request.kind.is_of_pages)
    yield from _started(journal, where)
    yield from _silences(journal, where, run.created, following.created if following else _end(job))
    for note in journal.keeping.notes(run.id):
        yield Entry(note.at, note.what, why=note.message, **where)
    if run.report_json is not None:
        yield _ended(run, where)
    yield from _given_up(journal, where)


def _transfers(journal: Journal, where: dict[str, str], *, pages: bool) -> Iterator[Entry]:
    for way, what in (_TRANSFERS | {"out": "pages fetched"} if pages else _TRANSFERS).items():
        row = journal.transfers.read(f"{where['run']}-{way}")
        if row is not None and row.shown and (row.moved >= row.total or row.message):
            tried = f", begun {row.attempt} times" if row.attempt > 1 else ""
            said = row.message or f"{size(row.moved)}{tried}"
            yield Entry(row.shown, what if row.moved >= row.total else "files on their way", why=said, **where)


def _started(journal: Journal, where: dict[str, str]) -> Iterator[Entry]:
    row = journal.sites.decision(where["run"])
    if row is None or row.begun is None:
        return
    waited = f"after {duration(max(0.0, row.begun - row.submitted))}" if row.submitted else ""
    said = f"its queue had said {duration(row.queue)}" if row.queue is not None else ""
    yield Entry(row.begun, "started", why="; ".join(each for each in (waited, said) if each), **where)


def _silences(journal: Journal, where: dict[str, Any], since: float, until: float) -> Iterator[Entry]:
    for row in journal.sites.silences(where["site"], since):
        if row.since <= until:
            yield Entry(max(row.since, since), "site silent", why=row.trouble, **where)
            if row.until is not None and row.until <= until:
                yield Entry(row.until, "site answers again", why=f"after {duration(row.until - row.since)}", **where)


def _end(job: JobRow) -> float:
    return job.updated if job.state.final else inf


def _ended(run: RunRow, where: dict[str, str]) -> Entry:
    """Says how a run ended, in the words of its report. Nothing ends before it began, whatever its clock."""
    end = reported(run, run.report_json or {})
    at = max(end.at, run.submitted or run.created)
    if end.outcome == UNKNOWN:
        return Entry(at, "run ended", why="its report is of another release", **where)
    used = f"{duration(end.seconds)}, {end.gpu_seconds / 3600:.2f} GPU hours" if end.gpu_seconds else ""
    parts = (end.reason.replace("_", " "), end.message, used or f"took {duration(end.seconds)}")
    return Entry(at, f"run {end.outcome}", why="; ".join(each for each in parts if each), **where)


def _given_up(journal: Journal, where: dict[str, str]) -> Iterator[Entry]:
    row = journal.keeping.given_up_run(where["run"])
    if row is None:
        return
    yield Entry(row.at, "given up", why="out of reach for longer than its site's patience", **where)
    if row.told is not None:
        yield Entry(row.told, "told to end", why="its site can be reached again", **where)
