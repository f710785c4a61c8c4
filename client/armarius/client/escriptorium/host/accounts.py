"""Whose a training is: its user, the project of its document, the institution of its user."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import FieldDoesNotExist

from armarius.client.accounts.names import Account, fitting
from armarius.client.escriptorium.host.tables import table


def account_of(user: Any, parts: list[int], institutions: Mapping[str, str]) -> Account:
    """Returns whose a training is; what this eScriptorium does not say stays empty.

    Args:
        user: Who asked for it, or None.
        parts: Primary keys of its pages; of pages from several projects, the first counts.
        institutions: By the name of a team, or by what follows the @ of an address.
    """
    name = fitting(user.get_username()) if user is not None else ""
    return Account(name, _project(parts), _institution(user, institutions))


def _project(parts: list[int]) -> str:
    try:
        table("Document")._meta.get_field("project")
    except FieldDoesNotExist:  # an eScriptorium that has none
        return ""
    page = table("DocumentPart").objects.filter(pk__in=parts[:1])
    return fitting(page.values_list("document__project__name", flat=True).first() or "")


def _institution(user: Any, institutions: Mapping[str, str]) -> str:
    """Teams count before addresses: somebody may be a guest."""
    if user is None or not institutions:
        return ""
    teams = user.groups.filter(name__in=list(institutions)).order_by("name").values_list("name", flat=True)
    known = [*teams, user.email.rpartition("@")[2].lower()]
    return next((fitting(institutions[each]) for each in known if each in institutions), "")
