"""Whom a way of signing in lets in, and as whom."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model

from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.signin.merging import WAYS
from armarius.client.escriptorium.signin.rules import Rules
from armarius.functions.contracts import BadInput


class NotAdmitted(BadInput):
    """Somebody is who they say, and may not come in."""


def rules_of(way: str) -> Rules:
    """Reads what the settings say of a way."""
    rules: Rules = getattr(settings, WAYS)[way].rules
    return rules


def with_email(email: str) -> Any:
    """Returns the account that has an e-mail address, in whatever case; None if none or several have."""
    found = list(get_user_model().objects.filter(email__iexact=email)[:2]) if email else []
    return found[0] if len(found) == 1 else None


def check_newcomer(rules: Rules, email: str) -> None:
    """Refuses to make an account that must not be.

    Raises:
        NotAdmitted: Newcomers are not let in, or the address is missing or another account's.
    """
    if email and get_user_model().objects.filter(email__iexact=email).exists():
        raise NotAdmitted(
            "An account with your e-mail address is there already.",
            "Sign in with its password, or ask the administrators of this eScriptorium.",
        )
    if not rules.new_users:
        raise NotAdmitted("You have no account here.", "Ask the administrators of this eScriptorium for one.")
    if not email:
        raise NotAdmitted("Your institution does not tell your e-mail address, and an account needs one.")


def may_be_linked(user: Any) -> bool:
    """Tells whether an account may be found by a name or an address: never one that administers the instance."""
    return user is not None and not (user.is_staff or user.is_superuser)


def welcome(user: Any, rules: Rules) -> None:
    """Lets a new user join their teams."""
    teams = table("Group", "auth").objects
    user.groups.add(*(teams.get_or_create(name=name)[0] for name in rules.groups))
