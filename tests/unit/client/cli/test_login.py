"""Signing in and out. What Globus answers is in tests/integration/globus."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner
from globus_sdk import NetworkError

from armarius.client.adapters.globus import app as signing
from armarius.client.cli import main
from armarius.client.config import HOME_VARIABLE

CAROL = {"sub": "1234", "preferred_username": "carol@university.example"}


@pytest.fixture(autouse=True)
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path))
    for name in (signing.CLIENT_ID_VARIABLE, signing.CLIENT_SECRET_VARIABLE, signing.NATIVE_ID_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    signing.globus_app.cache_clear()
    yield
    signing.globus_app.cache_clear()


def run(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == code, done.output
    return done.output


def test_says_as_whom(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(signing, "sign_in", lambda collections: asked.append(collections))
    monkeypatch.setattr(signing, "who_is", lambda _app: SimpleNamespace(data=CAROL))
    collection = "00000000-0000-0000-0000-000000000007"
    assert run("login", "--data-access", collection) == "Signed in as carol@university.example.\n"
    assert [str(each) for each in asked[0]] == [collection]
    assert run("whoami") == "carol@university.example\n1234\n"


def test_says_what_is_missing() -> None:
    said = run("login", code=1)
    assert "No application is named with which you could sign in." in said
    assert "ARMARIUS_GLOBUS_CLIENT_ID" in said
    assert "Nobody is signed in to Globus" in run("whoami", code=1)


def test_says_that_globus_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_app: object) -> None:
        raise NetworkError("no route to host", OSError())

    monkeypatch.setattr(signing, "who_is", away)
    assert "error: Globus cannot be reached: no route to host." in run("whoami", code=1)


def test_signing_out_without_having_signed_in_is_no_error() -> None:
    assert run("logout") == "Signed out.\n"
