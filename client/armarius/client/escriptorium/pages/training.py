"""The page of one training, and what can be done there."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from armarius.client.escriptorium.host import links, reports
from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.life.office import room_of
from armarius.client.escriptorium.pages.desk import Desk, desk
from armarius.client.escriptorium.pages.explanation import explain
from armarius.client.escriptorium.pages.rendering import render_either
from armarius.client.escriptorium.pages.seen import Seen, seen
from armarius.client.escriptorium.record import Phase, TrainingRow
from armarius.client.journal import JobRow
from armarius.client.report import render_report
from armarius.client.report.told import decisions_of

NOTHING_LOADED = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""A report is a page of its own: it may load nothing, and do nothing in the name of whoever reads it."""


def training(request: Any, *, pk: str, live: bool = False) -> Any:
    """Shows a training."""
    here = desk()
    row = _own(here, request, pk)
    (found,) = seen(here, [row])
    room = room_of(row)
    content = {
        "training": found,
        "history": _history(found),
        "reasons": explain(here.journal, found.job) if found.job is not None else [],
        "models_page": links.models_page(),
        "model_file": links.model_file(row.model),
        "room_page": links.room_page(room) if room is not None else "",
        "report": next(iter(reports.report_links(row.task_id)), None),
    }
    return render_either(request, "training.html", content, live=live)


def report(request: Any, *, pk: str) -> Any:
    """Gives the page that ``armarius report`` writes, as it is now."""
    here = desk()
    job = _job(here, _own(here, request, pk))
    lines = [line for _number, line in here.journal.progress(job.id)]
    page = render_report(job, lines, decisions=decisions_of(here.journal, job), elsewhere=True)
    return HttpResponse(page, headers={"Content-Security-Policy": NOTHING_LOADED})


def cancel(request: Any, *, pk: str) -> Any:
    """Ends a training as eScriptorium's own button does."""
    here = desk()
    row = _own(here, request, pk)
    if row.phase is Phase.ENDED:
        messages.info(request, _("This training has ended already."), fail_silently=True)
    else:
        here.ledger.cancel(row.task_id)  # first what outlives the queue
        reports.cancel(row.task_id, request.user.get_username())
        messages.success(request, _("This training is being cancelled."), fail_silently=True)
    return redirect("armarius:training", pk=row.id)


def _own(here: Desk, request: Any, pk: str) -> TrainingRow:
    """Finds a training that a user may see; of others' it is not even told that they are."""
    row = here.ledger.some([pk]).get(pk)
    if row is None or (row.user != request.user.pk and not request.user.is_staff):
        raise Http404
    return row


def _job(here: Desk, row: TrainingRow) -> JobRow:
    job = here.journal.glance.jobs([row.id]).get(row.id)
    if job is None:
        raise Http404
    return job


def _history(found: Seen) -> list[tuple[float | None, str]]:
    """Returns what has happened, each with its time."""
    told: list[tuple[float | None, str]] = [(found.asked, _("Asked for."))]
    for event in found.job.events if found.job is not None else ():
        said = words.happened(event, found.site or _("the pool"))
        if said:
            told.append((event.at, said))
    if found.row is not None and found.standing.ended:
        told.append((found.job.updated if found.job is not None else None, found.standing.said))
    return told
