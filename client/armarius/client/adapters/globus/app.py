"""Who this process is towards Globus: a service with a secret, or a person who has signed in.

Only :func:`sign_in`, which ``armarius login`` calls, ever asks anybody anything. Everywhere else, in a driver or a web
server, a missing sign-in is an error that says what to do.
"""

import os
from collections.abc import Iterable
from functools import cache
from threading import RLock
from typing import Any
from uuid import UUID

from globus_sdk import AuthClient, ClientApp, GlobusApp, GlobusAppConfig, UserApp
from globus_sdk.authorizers import GlobusAuthorizer
from globus_sdk.config import get_environment_name
from globus_sdk.gare import GlobusAuthorizationParameters
from globus_sdk.globus_app.protocols import LoginFlowManagerProvider
from globus_sdk.login_flows import CommandLineLoginFlowManager, LoginFlowManager
from globus_sdk.response import GlobusHTTPResponse
from globus_sdk.scopes import AuthScopes, ComputeScopes, Scope, TransferScopes
from globus_sdk.token_storage import MemoryTokenStorage, SQLiteTokenStorage, TokenStorage
from globus_sdk.token_storage.validating_token_storage import IdentityMismatchError

from armarius.client.config import data_home
from armarius.client.errors import ConfigurationError, SignInNeeded

CLIENT_ID_VARIABLE = "GLOBUS_COMPUTE_CLIENT_ID"
CLIENT_SECRET_VARIABLE = "GLOBUS_COMPUTE_CLIENT_SECRET"  # noqa: S105 - the name of one
NATIVE_ID_VARIABLE = "ARMARIUS_GLOBUS_CLIENT_ID"
TOKEN_FILE = "globus-tokens.sqlite"  # noqa: S105 - the name of a file

APP_NAME = "Armarius"
NOBODY = UUID(int=0)
"""The application id where none was given: nobody can sign in with it."""

_GUARD = RLock()


class _Guarded:
    """globus-sdk's applications are not safe in threads; this makes safe what several clients share."""

    def get_authorizer(self, resource_server: str) -> GlobusAuthorizer:
        with _GUARD:
            found: GlobusAuthorizer = super().get_authorizer(resource_server)  # type: ignore[misc]
            return found

    def add_scope_requirements(self, scope_requirements: Any) -> None:
        with _GUARD:
            super().add_scope_requirements(scope_requirements)  # type: ignore[misc]


class ServiceApp(_Guarded, ClientApp):
    """A service with an id and a secret; its tokens are kept in memory alone."""


class PersonApp(_Guarded, UserApp):
    """A person who has signed in; the tokens are in a file that only they can read."""


@cache
def globus_app(identity: str | None = None) -> GlobusApp:
    """Returns an identity, always the same for the same name, for Compute and Transfer alike.

    A service where ``GLOBUS_COMPUTE_CLIENT_ID`` and ``GLOBUS_COMPUTE_CLIENT_SECRET`` are set, as the Compute SDK reads
    them; else the person who has signed in with the application of ``ARMARIUS_GLOBUS_CLIENT_ID``. Nothing is sent, and
    that nobody is signed in comes to light at the first use, as ``SignInNeeded``: what needs no site works without.

    Args:
        identity: For a site that lets in another than all others: the service of ``ARMARIUS_<identity>_CLIENT_ID`` and
            ``ARMARIUS_<identity>_CLIENT_SECRET``.

    Raises:
        ConfigurationError: A secret without an id.
    """
    if identity:
        return _named(f"ARMARIUS_{identity}_CLIENT_ID", f"ARMARIUS_{identity}_CLIENT_SECRET")
    if secret := os.environ.get(CLIENT_SECRET_VARIABLE):
        return _service(secret)
    return _person(_Unattended)


def sign_in(data_access: Iterable[UUID] = ()) -> GlobusApp:
    """Lets the person at this terminal sign in, and keeps the tokens.

    Args:
        data_access: Collections that ask for a consent of their own ("mapped" ones).

    Returns:
        The identity. For a service there is nothing to do but to try its secret.

    Raises:
        ConfigurationError: No application is named with which one could sign in, or somebody else is signed in.
        GlobusAPIError: Globus says no.
    """
    secret = os.environ.get(CLIENT_SECRET_VARIABLE)
    if not secret and _native_id() == NOBODY:
        raise ConfigurationError("No application is named with which you could sign in.", _how_to_begin())
    app: GlobusApp = _service(secret) if secret else _person(CommandLineLoginFlowManager)
    app.add_scope_requirements(scopes(data_access))
    try:
        app.login(force=True)
    except IdentityMismatchError as error:
        raise ConfigurationError("Somebody else is signed in here.", "First: armarius logout") from error
    return app


def sign_out() -> None:
    """Revokes the tokens of the person who has signed in, and forgets them."""
    app = globus_app()
    app.add_scope_requirements(scopes())
    app.logout(sweep=True)


def scopes(data_access: Iterable[UUID] = ()) -> dict[str, list[Scope]]:
    """Returns what Armarius needs to be allowed, by service."""
    transfer = TransferScopes.all
    for collection in data_access:
        consent = Scope(f"https://auth.globus.org/scopes/{collection}/data_access", optional=True)
        transfer = transfer.with_dependency(consent)
    return {
        AuthScopes.resource_server: [AuthScopes.openid, AuthScopes.profile, AuthScopes.email],
        ComputeScopes.resource_server: [ComputeScopes.all],
        TransferScopes.resource_server: [transfer],
    }


def _service(secret: str) -> ServiceApp:
    client_id = os.environ.get(CLIENT_ID_VARIABLE)
    if not client_id:
        raise ConfigurationError(f"{CLIENT_SECRET_VARIABLE} is set, and {CLIENT_ID_VARIABLE} is not.", "Set both.")
    return _service_of(client_id, secret)


def _named(id_variable: str, secret_variable: str) -> GlobusApp:
    client_id, secret = os.environ.get(id_variable), os.environ.get(secret_variable)
    if client_id and secret:
        return _service_of(client_id, secret)

    def missing(app: GlobusApp, error: Exception) -> None:
        said = "A site asks for an identity that is not known here."
        raise SignInNeeded(said, f"Set {id_variable} and {secret_variable}.") from error

    config = GlobusAppConfig(token_storage=MemoryTokenStorage(), token_validation_error_handler=missing)
    return PersonApp(APP_NAME, client_id=NOBODY, config=config)


def _service_of(client_id: str, secret: str) -> ServiceApp:
    config = GlobusAppConfig(token_storage=MemoryTokenStorage())
    return ServiceApp(APP_NAME, client_id=client_id, client_secret=secret, config=config)


def _person(flow: LoginFlowManagerProvider) -> PersonApp:
    client_id = _native_id()
    config = GlobusAppConfig(
        token_storage=_tokens_of(client_id),
        request_refresh_tokens=True,
        login_flow_manager=flow,
        token_validation_error_handler=_not_signed_in,
    )
    return PersonApp(APP_NAME, client_id=client_id, config=config)


def _native_id() -> UUID:
    """Returns the application with which people sign in. The Compute SDK, too, takes an id without a secret for one."""
    given = os.environ.get(NATIVE_ID_VARIABLE) or os.environ.get(CLIENT_ID_VARIABLE)
    try:
        return UUID(given) if given else NOBODY
    except ValueError as error:
        raise ConfigurationError(f"{NATIVE_ID_VARIABLE} is no id of an application: {given!r}.") from error


def _tokens_of(client_id: UUID) -> TokenStorage:
    """Opens the file of tokens; nobody else may read it, not even where it was copied from elsewhere."""
    if client_id == NOBODY:
        return MemoryTokenStorage()
    path = data_home() / TOKEN_FILE
    namespace = f"{get_environment_name()}/{client_id}"
    storage = SQLiteTokenStorage(path, namespace=namespace, connect_params={"check_same_thread": False})
    path.chmod(0o600)
    return storage


class _Unattended(LoginFlowManager):
    """Refuses to ask: nobody sits there."""

    @classmethod
    def for_globus_app(cls, app_name: str, login_client: Any, config: GlobusAppConfig) -> "_Unattended":
        return cls(login_client)

    def run_login_flow(self, auth_parameters: GlobusAuthorizationParameters) -> Any:
        raise SignInNeeded(auth_parameters.session_message or "Globus asks for a new sign-in.", _how_to_begin())


def _not_signed_in(app: GlobusApp, error: Exception) -> None:
    raise SignInNeeded("Nobody is signed in to Globus, or not for all that is needed.", _how_to_begin()) from error


def _how_to_begin() -> str:
    if _native_id() != NOBODY:
        return "Sign in with: armarius login"
    return (
        f"A person sets {NATIVE_ID_VARIABLE} to the id of a native application, then: armarius login. "
        f"A service sets {CLIENT_ID_VARIABLE} and {CLIENT_SECRET_VARIABLE}."
    )


def who_is(app: GlobusApp) -> GlobusHTTPResponse:
    """Asks Globus Auth who this is: ``sub``, ``preferred_username``, ``name``, where they are known."""
    with AuthClient(app=app) as client:
        return client.userinfo()
