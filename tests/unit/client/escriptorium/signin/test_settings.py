"""What the ways to sign in add to an admin's settings."""

from typing import Any

import pytest
from pydantic import ValidationError

from armarius.client.errors import ConfigurationError
from armarius.client.escriptorium.signin import cas, globus, oidc
from armarius.client.escriptorium.signin.merging import WAYS

PASSWORD = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    for name in ("OIDC", "GLOBUS_SIGNIN"):
        monkeypatch.setenv(f"ARMARIUS_{name}_CLIENT_ID", f"id-{name}")
        monkeypatch.setenv(f"ARMARIUS_{name}_CLIENT_SECRET", f"secret-{name}")
    return {
        "INSTALLED_APPS": ["users"],
        "MIDDLEWARE": ("first",),
        "TEMPLATES": [{"DIRS": ["theirs"], "OPTIONS": {"context_processors": ["one"]}}],
        "LOGIN_URL": "login",
        "LOGIN_REDIRECT_URL": "projects-list",
    }


def test_all_ways_at_once(settings: dict[str, Any]) -> None:
    cas(settings, "https://cas.example/cas/", VERSION="2")
    globus(settings)
    oidc(settings, "https://login.example/", link="email", groups=["scholars"])
    assert settings["INSTALLED_APPS"] == ["users", "django_cas_ng", "social_django"]
    assert settings["MIDDLEWARE"] == ("first", "social_django.middleware.SocialAuthExceptionMiddleware")
    first, *others = settings["AUTHENTICATION_BACKENDS"]
    assert (first, len(others)) == (PASSWORD, 3)
    (engine,) = settings["TEMPLATES"]
    assert engine["DIRS"][-1] == "theirs"
    assert len(engine["DIRS"]) == len(engine["OPTIONS"]["context_processors"]) == 2, "once each"
    assert list(settings[WAYS]) == ["cas", "globus", "oidc"]
    assert settings["CAS_VERSION"] == "2"
    assert settings["SOCIAL_AUTH_OIDC_OIDC_ENDPOINT"] == "https://login.example"
    assert settings["SOCIAL_AUTH_GLOBUS_KEY"] == "id-GLOBUS_SIGNIN"
    assert settings["SOCIAL_AUTH_LOGIN_ERROR_URL"] == "login"


def test_what_an_admin_has_set_stays(settings: dict[str, Any]) -> None:
    settings |= {"AUTHENTICATION_BACKENDS": ("theirs",), "SOCIAL_AUTH_LOGIN_ERROR_URL": "/no/"}
    oidc(settings, "https://login.example/")
    assert settings["AUTHENTICATION_BACKENDS"][0] == "theirs"
    assert settings["SOCIAL_AUTH_LOGIN_ERROR_URL"] == "/no/"


def test_mistakes_are_noticed_when_settings_are_read(settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigurationError, match="verified e-mail address or not at all"):
        oidc(settings, "https://login.example/", link="username")
    with pytest.raises(ValidationError):
        cas(settings, "https://cas.example/", link="whoever")
    monkeypatch.delenv("ARMARIUS_OIDC_CLIENT_SECRET")
    with pytest.raises(ConfigurationError, match="ARMARIUS_OIDC_CLIENT_SECRET is not set"):
        oidc(settings, "https://login.example/")
