"""Rendering a page in eScriptorium's look, or in a plain one where there is no ``base.html``."""

from typing import Any

from django.shortcuts import render
from django.template.loader import select_template
from django.utils.timezone import get_current_timezone_name

from armarius.client.escriptorium.pages.tabs import tabs_for

BASES = ("base.html", "armarius/alone.html")


def render_page(request: Any, template: str, content: dict[str, Any], status: int = 200) -> Any:
    """Renders a whole page."""
    around = {"base": select_template(BASES), "tabs": tabs_for(request), "zone": get_current_timezone_name()}
    return render(request, template, {**around, **content}, status=status)


def render_either(request: Any, name: str, content: dict[str, Any], *, live: bool) -> Any:
    """Renders a page, or its live part alone.

    Args:
        request: Django's.
        name: Of the template, and of its live part in the folder "live".
        content: For both.
        live: Whether only the live part is wanted.
    """
    if live:
        content = {**content, "zone": get_current_timezone_name()}
        return render(request, f"armarius/live/{name}", content)
    return render_page(request, f"armarius/{name}", content)
