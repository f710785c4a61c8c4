"""The buttons on eScriptorium's own sign-in page."""

from typing import Any

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from armarius.client.escriptorium.signin.merging import WAYS, Way


def buttons(_: Any) -> dict[str, Any]:
    """Adds the ways to sign in to what templates know. CAS is a link; the others begin with a POST."""
    try:
        return {"armarius_ways": [_button(name, way) for name, way in getattr(settings, WAYS, {}).items()]}
    except NoReverseMatch:  # the urls are not included (yet): the page with the password goes on working
        return {"armarius_ways": []}


def _button(name: str, way: Way) -> dict[str, Any]:
    url = reverse("cas_ng_login") if name == "cas" else reverse("social:begin", args=[name])
    return {"title": way.title, "url": url, "method": "get" if name == "cas" else "post"}
