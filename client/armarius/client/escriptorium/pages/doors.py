"""Who may enter a page. There is no permission of our own: users see what is theirs, staff see all."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_protect
from django.views.decorators.http import require_POST

from armarius.client.errors import JournalUnreachable
from armarius.client.escriptorium.pages.rendering import render_page

View = Callable[..., Any]


def signed_in(view: View) -> View:
    """Lets in whoever is signed in, and sends all others to the page where they can."""

    @wraps(view)
    def shown(request: Any, **given: Any) -> Any:
        return _with_a_journal(view, request, given)

    known = login_required(shown)

    @wraps(view)
    def entered(request: Any, **given: Any) -> Any:
        if not request.user.is_authenticated and request.headers.get("HX-Request"):
            return HttpResponse(headers={"HX-Refresh": "true"})  # not the live part shall go there, but the whole page
        return known(request, **given)

    return never_cache(entered)  # type: ignore[no-any-return]


def staff_only(view: View) -> View:
    """Lets in staff alone."""

    @wraps(view)
    def entered(request: Any, **given: Any) -> Any:
        if not request.user.is_staff:
            raise PermissionDenied
        return view(request, **given)

    return signed_in(entered)


def posted(view: View) -> View:
    """Lets in what was sent by a button of a page of ours, whatever middleware there is."""
    return require_POST(csrf_protect(view))  # type: ignore[no-any-return]


def _with_a_journal(view: View, request: Any, given: dict[str, Any]) -> Any:
    try:
        return view(request, **given)
    except JournalUnreachable:
        return render_page(request, "armarius/trouble.html", {}, status=503)
