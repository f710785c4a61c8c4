"""Who used what where, for the admins of an eScriptorium."""

import time
from dataclasses import dataclass
from datetime import date, datetime, timezone
from typing import Any

from django.http import HttpResponse

from armarius.client.accounts.sheet import as_csv
from armarius.client.accounts.usage import WAYS, By, Usage, Used
from armarius.client.accounts.usage import usage as used
from armarius.client.escriptorium.pages.desk import desk
from armarius.client.escriptorium.pages.rendering import render_page
from armarius.client.words import NOTHING, duration, size
from armarius.functions.contracts import BadInput

TEMPLATE = "armarius/usage.html"
DAY = 86_400.0
FIRST_DAYS = 30


def usage(request: Any) -> HttpResponse:
    """Shows who used what where, or sends it as CSV.

    Takes ``by``, ``since`` and ``until`` (the last day that counts), and ``format=csv``. What cannot be read is said on
    the page, and counts as if it had not been given.
    """
    asked = Asked.read(request.GET, time.time())
    found = used(desk().journal, asked.by, asked.since, asked.until + DAY)
    if request.GET.get("format") == "csv":
        heads = {"Content-Disposition": f'attachment; filename="usage-by-{asked.by}.csv"'}
        return HttpResponse(as_csv(found), content_type="text/csv; charset=utf-8", headers=heads)
    return render_page(request, TEMPLATE, _shown(found, asked))


@dataclass(frozen=True)
class Asked:
    """What the page was asked for.

    Attributes:
        by: Of what to make a line each.
        since: The beginning of the first day, in seconds since 1970, in universal time.
        until: That of the last day.
        trouble: What could not be read.
    """

    by: By
    since: float
    until: float
    trouble: str = ""

    @classmethod
    def read(cls, given: Any, now: float) -> "Asked":
        """Reads a query."""
        by: By = next((way for way in WAYS if way == given.get("by")), "user")
        today = now // DAY * DAY
        try:
            return cls(by, _day(given.get("since"), today - FIRST_DAYS * DAY), _day(given.get("until"), today))
        except BadInput as error:
            return cls(by, today - FIRST_DAYS * DAY, today, str(error))


def _day(text: str | None, otherwise: float) -> float:
    if not text:
        return otherwise
    try:
        return datetime.combine(date.fromisoformat(text), datetime.min.time(), timezone.utc).timestamp()
    except ValueError as error:
        raise BadInput(f"{text!r} is no day.", 'Write it like "2026-11-01".') from error


def _shown(found: Usage, asked: Asked) -> dict[str, Any]:
    days = {name: f"{datetime.fromtimestamp(at, timezone.utc):%Y-%m-%d}" for name, at in
            (("since", asked.since), ("until", asked.until))}  # fmt: skip
    rows = [_cells(row) for row in found.rows]
    return {"by": found.by, "ways": WAYS, **days, "rows": rows, "total": _cells(found.total), "trouble": asked.trouble}


def _cells(row: Used) -> dict[str, Any]:
    return {
        "name": row.name or NOTHING,
        "jobs": row.jobs,
        "runs": row.runs,
        "gpu_hours": f"{row.gpu_hours:.2f}",
        "cpu_hours": f"{row.cpu_hours:.2f}",
        "computing": duration(row.wall_seconds),
        "moved": size(row.bytes_moved),
    }
