"""Who this process is, and that nobody is ever asked where nobody sits."""

import stat
import uuid
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from globus_sdk import GlobusApp
from globus_sdk.gare import GlobusAuthorizationParameters
from globus_sdk.scopes import ComputeScopes, TransferScopes

from armarius.client.adapters.globus import app as signing
from armarius.client.config import HOME_VARIABLE
from armarius.client.errors import ConfigurationError, SignInNeeded

ID, SECRET = str(uuid.uuid4()), "very-secret"
VARIABLES = (signing.CLIENT_ID_VARIABLE, signing.CLIENT_SECRET_VARIABLE, signing.NATIVE_ID_VARIABLE)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home of its own, in which nobody has signed in; whatever is made is closed."""
    made: list[GlobusApp] = []

    def kept(init: Any) -> Any:
        def wrapped(self: GlobusApp, *args: Any, **kwargs: Any) -> None:
            init(self, *args, **kwargs)
            made.append(self)

        return wrapped

    monkeypatch.setattr(GlobusApp, "__init__", kept(GlobusApp.__init__))
    monkeypatch.setenv(HOME_VARIABLE, str(tmp_path / "home"))
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    signing.globus_app.cache_clear()
    yield tmp_path / "home"
    signing.globus_app.cache_clear()
    for app in made:
        app.close()


def test_a_service_with_its_secret(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv(signing.CLIENT_ID_VARIABLE, ID)
    monkeypatch.setenv(signing.CLIENT_SECRET_VARIABLE, SECRET)
    app = signing.globus_app()
    assert isinstance(app, signing.ServiceApp)
    assert app is signing.globus_app()
    assert str(app.client_id) == ID
    assert SECRET not in f"{app!r} {app.config!r} {vars(app)!r}"
    assert not home.exists()  # its tokens are in memory


def test_a_secret_without_an_id_is_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.CLIENT_SECRET_VARIABLE, SECRET)
    with pytest.raises(ConfigurationError, match="GLOBUS_COMPUTE_CLIENT_ID is not") as caught:
        signing.globus_app()
    assert SECRET not in str(caught.value)


def test_nobody_is_nobody_only_when_it_matters(home: Path) -> None:
    app = signing.globus_app()
    with pytest.raises(SignInNeeded, match=r"ARMARIUS_GLOBUS_CLIENT_ID.*armarius login.*GLOBUS_COMPUTE_CLIENT_SECRET"):
        app.get_authorizer(ComputeScopes.resource_server)
    assert SignInNeeded.transient
    assert not home.exists()


@pytest.mark.parametrize("variable", [signing.NATIVE_ID_VARIABLE, signing.CLIENT_ID_VARIABLE])
def test_a_person_who_has_not_signed_in_is_told_to(monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    monkeypatch.setenv(variable, ID)
    app = signing.globus_app()
    assert isinstance(app, signing.PersonApp)
    with pytest.raises(SignInNeeded, match=r"Nobody is signed in.*Sign in with: armarius login$"):
        app.get_authorizer(TransferScopes.resource_server)


def test_nobody_is_asked_when_globus_wants_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.NATIVE_ID_VARIABLE, ID)
    monkeypatch.setattr("builtins.input", lambda *_: pytest.fail("somebody was asked"))
    wanted = GlobusAuthorizationParameters(session_message="A second factor is needed.")
    with pytest.raises(SignInNeeded, match="A second factor is needed"):
        signing.globus_app().login(auth_params=wanted)


def test_tokens_are_in_a_file_that_nobody_else_reads(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv(signing.NATIVE_ID_VARIABLE, ID)
    signing.globus_app()
    file = home / signing.TOKEN_FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.chmod(0o644)  # as after a careless copy
    signing.globus_app.cache_clear()
    signing.globus_app()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_an_application_that_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(signing.NATIVE_ID_VARIABLE, "armarius")
    with pytest.raises(ConfigurationError, match="'armarius'"):
        signing.globus_app()


def test_another_identity_for_a_site_that_wants_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ARMARIUS_ALPHA_CLIENT_ID", ID)
    monkeypatch.setenv("ARMARIUS_ALPHA_CLIENT_SECRET", SECRET)
    assert str(signing.globus_app("ALPHA").client_id) == ID
    assert signing.globus_app("ALPHA") is not signing.globus_app()
    with pytest.raises(SignInNeeded, match="Set ARMARIUS_BETA_CLIENT_ID and ARMARIUS_BETA_CLIENT_SECRET"):
        signing.globus_app("BETA").get_authorizer(ComputeScopes.resource_server)


def test_signing_in_needs_an_application() -> None:
    with pytest.raises(ConfigurationError, match=r"No application.*ARMARIUS_GLOBUS_CLIENT_ID"):
        signing.sign_in()


def test_what_is_asked_for() -> None:
    collection = uuid.uuid4()
    scopes = signing.scopes([collection])
    assert set(scopes) == {"auth.globus.org", ComputeScopes.resource_server, TransferScopes.resource_server}
    [transfer] = scopes[TransferScopes.resource_server]
    assert str(transfer) == f"{TransferScopes.all}[*https://auth.globus.org/scopes/{collection}/data_access]"
    assert [str(TransferScopes.all)] == [str(scope) for scope in signing.scopes()[TransferScopes.resource_server]]


def test_threads_that_ask_at_once_are_all_told_what_to_do() -> None:
    app = signing.globus_app()
    start, told = Barrier(8), []

    def ask() -> None:
        start.wait()
        try:
            app.get_authorizer(ComputeScopes.resource_server)
        except SignInNeeded as error:
            told.append(error)

    threads = [Thread(target=ask) for _ in range(8)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(told) == 8
