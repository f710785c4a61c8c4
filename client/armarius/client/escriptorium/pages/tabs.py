"""The tabs above every page."""

from dataclasses import dataclass
from typing import Any

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Tab:
    """A page that has a tab.

    Attributes:
        url: Its name.
        text: What the tab says, translated when it is shown.
        staff: Whether staff alone may see it.
    """

    url: str
    text: Any
    staff: bool = False


TABS = (
    Tab("armarius:trainings", _("My trainings")),
    Tab("armarius:pool", _("Compute pool"), staff=True),
    Tab("armarius:usage", _("Usage"), staff=True),
)
"""One line more is a tab more; one whose address is not known has none."""


@dataclass(frozen=True)
class ShownTab:
    """A tab as a user sees it."""

    href: str
    text: str
    chosen: bool


def tabs_for(request: Any) -> list[ShownTab]:
    """Returns the tabs that a user sees on a page."""
    seen = [tab for tab in TABS if not tab.staff or request.user.is_staff]
    hrefs = [(tab, _address(tab)) for tab in seen]
    return [ShownTab(href, str(tab.text), href == request.path) for tab, href in hrefs if href]


def _address(tab: Tab) -> str:
    try:
        return str(reverse(tab.url))
    except NoReverseMatch:
        return ""
