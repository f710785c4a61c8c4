"""OpenID Connect, by social-auth-app-django: Globus Auth, or whatever an institution has."""

import os
from collections.abc import Sequence
from typing import Any

from armarius.client.errors import ConfigurationError
from armarius.client.escriptorium.signin.merging import Settings, Way, add, add_way
from armarius.client.escriptorium.signin.rules import Link, Rules

_STEPS = "social_core.pipeline"
_OURS = "armarius.client.escriptorium.signin.steps"
PIPELINE = (
    f"{_STEPS}.social_auth.social_details",
    f"{_STEPS}.social_auth.social_uid",
    f"{_STEPS}.social_auth.auth_allowed",
    f"{_STEPS}.social_auth.social_user",
    f"{_OURS}.admit",
    f"{_STEPS}.user.get_username",
    f"{_STEPS}.user.create_user",
    f"{_OURS}.join_teams",
    f"{_STEPS}.social_auth.associate_user",
    f"{_STEPS}.user.user_details",
)
"""From an identity to an account. The step that would keep tokens in the database is left out: nobody needs them."""


def oidc(
    settings: Settings,
    issuer: str,
    *,
    title: str = "Sign in with your institution's account",
    link: Link = "no",
    new_users: bool = False,
    groups: Sequence[str] = (),
    backend: str = "social_core.backends.open_id_connect.OpenIdConnectAuth",
    name: str = "oidc",
    **more: Any,
) -> None:
    """Adds a provider of OpenID Connect to the settings.

    The id and the secret of the application that was registered there come from the environment:
    ``ARMARIUS_OIDC_CLIENT_ID`` and ``ARMARIUS_OIDC_CLIENT_SECRET``. Its redirect address is
    ``https://YOUR-INSTANCE/sign-in/complete/oidc/``.

    Args:
        settings: ``globals()`` of a module of settings, after ``from escriptorium.settings import *``.
        issuer: Address of the provider; ``/.well-known/openid-configuration`` is below it.
        title: What the button on the sign-in page says.
        link: "email" finds the account that has the e-mail address which the provider says it has verified.
        new_users: Whether people without an account get one.
        groups: Teams that they then join.
        backend: A class of social-core that knows the provider.
        name: Its name there; in capitals it is part of the names of settings and variables.
        more: Further settings of social-auth, such as ``JWT_ALGORITHMS``, without their prefix.

    Raises:
        ConfigurationError: A variable is missing, or accounts are to be found by username, which a provider can give
            to anybody.
    """
    if link == "username":
        raise ConfigurationError(f"{name}: an account is found by its verified e-mail address or not at all.")
    add(settings, "INSTALLED_APPS", "social_django")
    add(settings, "MIDDLEWARE", "social_django.middleware.SocialAuthExceptionMiddleware")
    rules = Rules(link=link, new_users=new_users, groups=tuple(groups))
    add_way(settings, name, backend, Way(title, rules))
    settings["SOCIAL_AUTH_PIPELINE"] = PIPELINE
    settings["SOCIAL_AUTH_REQUIRE_POST"] = True
    settings["SOCIAL_AUTH_RAISE_EXCEPTIONS"] = False
    settings.setdefault("SOCIAL_AUTH_LOGIN_ERROR_URL", settings.get("LOGIN_URL", "login"))
    settings.setdefault("SOCIAL_AUTH_LOGIN_REDIRECT_URL", settings.get("LOGIN_REDIRECT_URL", "/"))
    given = {
        "OIDC_ENDPOINT": issuer.rstrip("/"),
        "KEY": _variable(name, "CLIENT_ID"),
        "SECRET": _variable(name, "CLIENT_SECRET"),
        "USE_PKCE": True,
        **more,
    }
    settings.update({f"SOCIAL_AUTH_{name.upper()}_{key}": value for key, value in given.items()})


def globus(settings: Settings, *, title: str = "Sign in with Globus", **options: Any) -> None:
    """Adds Globus Auth, with which most universities' accounts can be used.

    As :func:`oidc`, with ``ARMARIUS_GLOBUS_SIGNIN_CLIENT_ID`` and ``ARMARIUS_GLOBUS_SIGNIN_CLIENT_SECRET``, and the
    redirect address ``https://YOUR-INSTANCE/sign-in/complete/globus/``. Globus does not say which e-mail addresses are
    verified, so no account is found by one.
    """
    backend = "social_core.backends.globus.GlobusOpenIdConnect"
    oidc(settings, "https://auth.globus.org", title=title, backend=backend, name="globus", **options)


def _variable(name: str, what: str) -> str:
    """Returns a variable of the environment; that of the pool's own application at Globus is another."""
    variable = f"ARMARIUS_{'GLOBUS_SIGNIN' if name == 'globus' else name.upper()}_{what}"
    value = os.environ.get(variable)
    if not value:
        raise ConfigurationError(f"{variable} is not set.", "The provider of the sign-in gave it to you.")
    return value
