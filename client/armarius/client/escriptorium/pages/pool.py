"""The page "Compute pool": sites, their queues, and all that is under way."""

import time
from typing import Any

from django.contrib import messages
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from armarius.client.escriptorium.pages.desk import desk
from armarius.client.escriptorium.pages.rendering import render_either
from armarius.client.escriptorium.pages.seen import seen_jobs
from armarius.client.escriptorium.pages.sitestate import site_seen
from armarius.client.escriptorium.pages.standing import begun

MOST_SHOWN = 50
MOST_COUNTED = 500
"""Jobs that are looked at; of more than these, the numbers beside the sites are too small."""


def pool(request: Any, *, live: bool = False) -> Any:
    """Shows the pool to those who look after it."""
    here, now = desk(), time.time()
    here.ledger.sites.looked_at(now)
    jobs, number = here.journal.glance.unfinished(MOST_COUNTED)
    clerk = here.ledger.clerk()
    heard = here.journal.sites.all()
    content = {
        "sites": [site_seen(row, heard.get(row.name), jobs) for row in here.ledger.sites.all()],
        "jobs": seen_jobs(here, sorted(jobs, key=lambda job: not begun(job))[:MOST_SHOWN]),
        "number": number,
        "more": max(0, number - MOST_SHOWN),
        "driven": clerk.until >= now,
        "trouble": clerk.trouble,
        "now": now,
    }
    return render_either(request, "pool.html", content, live=live)


def drain(request: Any, *, site: str, drained: bool) -> Any:
    """Lets a site take no new trainings, or lets it take them again."""
    if not desk().ledger.sites.drain(site, drained, request.user.get_username(), time.time()):
        raise Http404
    said = _("%(site)s takes no new trainings.") if drained else _("%(site)s takes new trainings again.")
    messages.success(request, said % {"site": site}, fail_silently=True)
    return redirect("armarius:pool")
