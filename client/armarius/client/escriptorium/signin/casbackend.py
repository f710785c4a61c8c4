"""From a ticket of CAS to an account of this eScriptorium."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django_cas_ng.backends import CASBackend
from django_cas_ng.utils import get_cas_client

from armarius.client.escriptorium.signin.admission import (
    NotAdmitted,
    check_newcomer,
    may_be_linked,
    rules_of,
    welcome,
    with_email,
)
from armarius.client.escriptorium.signin.rules import Rules

OURS = f"{UNUSABLE_PASSWORD_PREFIX}CAS"
"""What stands in the place of the password where CAS made the account: no password fits it, and no other account of
the same username is taken for one that CAS knows."""


class CAS(CASBackend):  # type: ignore[misc]  # django-cas-ng has no types here
    """Lets in whom CAS vouches for, by the admin's rules. django-cas-ng alone would take any account of that name."""

    def authenticate(self, request: Any, ticket: str, service: str) -> Any:
        """Returns the user of a ticket, or None; then the page says why."""
        name, attributes, _ = get_cas_client(service_url=service, request=request).verify_ticket(ticket)
        if not name:
            return None
        try:
            user = _admit(self.clean_username(name), _renamed(attributes or {}), rules_of("cas"))
        except NotAdmitted as error:
            messages.error(request, str(error))
            return None
        return user if self.user_can_authenticate(user) else None


def _renamed(attributes: dict[str, Any]) -> dict[str, str]:
    """Returns what CAS tells of a person, by Django's names; of several values the first."""
    found: dict[str, str] = {}
    for theirs, ours in settings.CAS_RENAME_ATTRIBUTES.items():
        value = attributes.get(theirs)
        value = value[0] if isinstance(value, list) and value else value
        if isinstance(value, str):
            found[ours] = value
    return found


def _admit(name: str, told: dict[str, str], rules: Rules) -> Any:
    users = get_user_model().objects
    same_name = users.filter(username=name).first()
    if same_name is not None and same_name.password == OURS:
        return same_name
    if rules.link == "username" and may_be_linked(same_name):
        return same_name
    if rules.link == "email" and may_be_linked(same_email := with_email(told.get("email", ""))):
        return same_email
    if same_name is not None:
        raise NotAdmitted(
            f"The username {name!r} is another account's.",
            "Sign in with its password, or ask the administrators of this eScriptorium.",
        )
    check_newcomer(rules, told.get("email", ""))
    made = users.create(username=name, password=OURS, **told)
    welcome(made, rules)
    return made
