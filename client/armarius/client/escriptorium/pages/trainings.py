"""The page "My trainings"."""

from typing import Any

from django.core.paginator import Paginator

from armarius.client.escriptorium.pages.desk import desk
from armarius.client.escriptorium.pages.rendering import render_either
from armarius.client.escriptorium.pages.seen import seen

PER_PAGE = 20
EVERYONE = "everyone"


def trainings(request: Any, *, live: bool = False) -> Any:
    """Lists a user's trainings, newest first; staff may list everyone's."""
    here = desk()
    everyone = request.user.is_staff and request.GET.get("of") == EVERYONE
    user = None if everyone else request.user.pk
    pages = Paginator(range(here.ledger.asked_by(user)), PER_PAGE)
    page = pages.get_page(request.GET.get("page"))
    start = page.object_list[0] if page.object_list else 0
    listed = seen(here, here.ledger.newest(user, start, PER_PAGE))
    content = {
        "trainings": listed,
        "page": page,
        "everyone": everyone,
        "going_on": any(not each.standing.ended for each in listed),
        "query": f"?page={page.number}" + (f"&of={EVERYONE}" if everyone else ""),
        "others": f"&of={EVERYONE}" if everyone else "",
    }
    return render_either(request, "trainings.html", content, live=live)
