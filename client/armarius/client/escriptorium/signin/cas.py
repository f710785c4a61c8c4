"""CAS, by django-cas-ng: as htr2hpc has it, for one eScriptorium and one CAS server."""

from collections.abc import Mapping, Sequence
from typing import Any

from armarius.client.escriptorium.signin.merging import Settings, Way, add, add_way
from armarius.client.escriptorium.signin.rules import Link, Rules

ATTRIBUTES = {"mail": "email", "givenName": "first_name", "sn": "last_name"}
"""What CAS calls what Django has of a user."""

BACKEND = "armarius.client.escriptorium.signin.casbackend.CAS"


def cas(
    settings: Settings,
    server: str,
    *,
    title: str = "Sign in with your institution's account",
    link: Link = "no",
    new_users: bool = False,
    groups: Sequence[str] = (),
    attributes: Mapping[str, str] = ATTRIBUTES,
    **more: Any,
) -> None:
    """Adds CAS to the settings.

    Args:
        settings: ``globals()`` of a module of settings, after ``from escriptorium.settings import *``.
        server: Address of the CAS server, such as "https://fed.princeton.edu/cas/".
        title: What the button on the sign-in page says.
        link: Whether an account that is there already is found by the username at CAS, or by the e-mail address.
        new_users: Whether people without an account get one.
        groups: Teams that they then join.
        attributes: What CAS calls the e-mail address and the names.
        more: Further settings of django-cas-ng, such as ``VERSION="2"``, without their prefix ``CAS_``.
    """
    add(settings, "INSTALLED_APPS", "django_cas_ng")
    rules = Rules(link=link, new_users=new_users, groups=tuple(groups))
    add_way(settings, "cas", BACKEND, Way(title, rules))
    given = {
        "SERVER_URL": server,
        "VERSION": "3",
        "REDIRECT_URL": settings.get("LOGIN_REDIRECT_URL", "/"),
        "IGNORE_REFERER": True,
        "RENAME_ATTRIBUTES": dict(attributes),
        **more,
    }
    settings.update({f"CAS_{name}": value for name, value in given.items()})
