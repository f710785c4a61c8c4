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
from armarius.client.journal import Drain

MOST_SHOWN = 50
MOST_COUNTED = 500
"""Jobs that are looked at; of more than these, the numbers beside the sites are too small."""


def pool(request: Any, *, live: bool = False) -> Any:
    """Shows the pool to those who look after it."""
    here, now = desk(), time.time()
    here.ledger.sites.looked_at(now)
    jobs, number = here.journal.glance.unfinished(MOST_COUNTED)
    clerk, drains = here.ledger.clerk(), here.journal.drains.all()
    heard = here.journal.sites.all()
    content = {
        "sites": [
            site_seen(row, heard.get(row.name), jobs, drains.get(row.name), now) for row in here.ledger.sites.all()
        ],
        "jobs": seen_jobs(here, sorted(jobs, key=lambda job: not begun(job))[:MOST_SHOWN]),
        "number": number,
        "more": max(0, number - MOST_SHOWN),
        "driven": clerk.until >= now,
        "trouble": clerk.trouble,
        "now": now,
    }
    return render_either(request, "pool.html", content, live=live)


def drain(request: Any, *, site: str, empties: bool) -> Any:
    """Lets a site take no new trainings, and what it has end there or go on elsewhere."""
    here, now = desk(), time.time()
    if site not in {row.name for row in here.ledger.sites.all()}:
        raise Http404
    here.journal.drains.drain(Drain(site, request.user.get_username(), now, now, empties=empties))
    said = _("%(site)s takes no new trainings.")
    if empties:
        said = _("%(site)s takes no new trainings, and those that it has go on elsewhere.")
    return _back(request, said % {"site": site})


def undrain(request: Any, *, site: str) -> Any:
    """Lets a site take trainings again."""
    if not desk().journal.drains.undrain(site):
        raise Http404
    return _back(request, _("%(site)s takes new trainings again.") % {"site": site})


def _back(request: Any, said: str) -> Any:
    messages.success(request, said, fail_silently=True)
    return redirect("armarius:pool")
