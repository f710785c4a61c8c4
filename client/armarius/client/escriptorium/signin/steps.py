"""The two steps of social-auth's pipeline that decide who may come in."""

from typing import Any

from social_core.exceptions import AuthException

from armarius.client.escriptorium.signin.admission import (
    NotAdmitted,
    check_newcomer,
    may_be_linked,
    rules_of,
    welcome,
    with_email,
)


def admit(backend: Any, details: dict[str, Any], response: Any, user: Any = None, **_: Any) -> dict[str, Any] | None:
    """Finds the account of an identity that was never seen before, or refuses it.

    Somebody who has signed in already links this identity to their account. Else an account is found by a verified
    e-mail address alone, and only if the admin says so.

    Raises:
        AuthException: It may not come in; the sign-in page says why.
    """
    if user is not None:
        return None
    rules, email = rules_of(backend.name), details.get("email") or ""
    if rules.link == "email" and _verified(backend, response) and may_be_linked(found := with_email(email)):
        return {"user": found, "is_new": False}
    try:
        check_newcomer(rules, email)
    except NotAdmitted as error:
        raise AuthException(backend, str(error)) from error
    return None


def join_teams(backend: Any, user: Any = None, is_new: bool = False, **_: Any) -> None:
    """Lets a new user join their teams."""
    if user is not None and is_new:
        welcome(user, rules_of(backend.name))


def _verified(backend: Any, response: Any) -> bool:
    """Tells whether the provider vouches for the e-mail address; a text such as "false" is no yes."""
    claims = {**(backend.id_token or {}), **response}
    return claims.get("email_verified") is True
