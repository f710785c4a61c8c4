"""This eScriptorium as an application at Globus Auth, in which its users lend it their identity for Compute."""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from globus_sdk import AuthAPIError, GlobusAPIError, NativeAppAuthClient, NetworkError, OAuthRefreshTokenResponse
from globus_sdk.scopes import AuthScopes, ComputeScopes, Scope
from globus_sdk.token_storage import TokenStorageData

from armarius.client.adapters.globus.app import NATIVE_ID_VARIABLE
from armarius.client.errors import ConfigurationError, SiteUnreachable

SCOPES: dict[str, list[Scope]] = {
    AuthScopes.resource_server: [AuthScopes.openid, AuthScopes.profile],
    ComputeScopes.resource_server: [ComputeScopes.all],
}
"""All that is asked for. Files move by the pool's own identity: nothing of Transfer is needed."""

REFUSED = "invalid_grant"


class LoginClient(NativeAppAuthClient):
    """The way to Globus Auth, which tells when a refresh token is good no more.

    Args:
        client_id: Of the application.
        on_refusal: Called when Globus will not refresh: the user took the consent back, or it has run out.
    """

    def __init__(self, client_id: str, on_refusal: Callable[[], None] = lambda: None) -> None:
        super().__init__(client_id=client_id)
        self._on_refusal = on_refusal

    def oauth2_refresh_token(
        self, refresh_token: str, *, body_params: dict[str, Any] | None = None
    ) -> OAuthRefreshTokenResponse:
        """Refreshes; see globus-sdk."""
        try:
            return super().oauth2_refresh_token(refresh_token, body_params=body_params)
        except AuthAPIError as error:
            if error.http_status in (400, 401) and REFUSED in error.text:
                self._on_refusal()
            raise


@dataclass(frozen=True)
class Lent:
    """What a user has lent.

    Attributes:
        identity: Id of the identity.
        username: Its name.
        tokens: By service, as globus-sdk keeps them.
    """

    identity: str
    username: str
    tokens: dict[str, dict[str, Any]]


def client_id() -> str:
    """Returns the id of the application.

    Raises:
        ConfigurationError: It is not set.
    """
    found = os.environ.get(NATIVE_ID_VARIABLE)
    if not found:
        raise ConfigurationError(f"{NATIVE_ID_VARIABLE} is not set.", "See docs/escriptorium.md.")
    return found


def ask(redirect: str, state: str, verifier: str) -> str:
    """Returns the address of Globus' page that asks the user, who signs in there even if somebody has already.

    Args:
        redirect: Where the user comes back to.
        state: Comes back with the user.
        verifier: Known to this session alone; only its hash is sent (PKCE).
    """
    with LoginClient(client_id()) as client:
        _begin(client, redirect, state, verifier)
        return client.oauth2_get_authorize_url(prompt="login")


def take(redirect: str, verifier: str, code: str) -> Lent:
    """Exchanges the code with which a user comes back.

    Raises:
        ConfigurationError: Globus will not.
        SiteUnreachable: Globus cannot be reached.
    """
    with LoginClient(client_id()) as client:
        _begin(client, redirect, "", verifier)
        try:
            answer = client.oauth2_exchange_code_for_tokens(code)
            who = answer.decode_id_token()
        except GlobusAPIError as error:
            raise ConfigurationError(
                f"Globus says no: {error.message or error.http_reason}.", "Connect again."
            ) from error
        except NetworkError as error:
            raise SiteUnreachable("Globus cannot be reached just now.") from error
    tokens = {server: _stored(found, who["sub"]) for server, found in answer.by_resource_server.items()}
    return Lent(who["sub"], who.get("preferred_username") or who["sub"], tokens)


def revoke(tokens: dict[str, dict[str, Any]]) -> bool:
    """Makes all tokens worthless, those that refresh first. Returns whether Globus heard it."""
    heard = True
    with LoginClient(client_id()) as client:
        for kind in ("refresh_token", "access_token"):
            for each in tokens.values():
                done = False
                with suppress(GlobusAPIError, NetworkError):
                    client.oauth2_revoke_token(each[kind])
                    done = True
                heard = heard and done
    return heard


def _begin(client: LoginClient, redirect: str, state: str, verifier: str) -> None:
    scopes = [scope for wanted in SCOPES.values() for scope in wanted]
    client.oauth2_start_flow(
        requested_scopes=scopes, redirect_uri=redirect, state=state, verifier=verifier, refresh_tokens=True
    )


def _stored(found: dict[str, Any], identity: str) -> dict[str, Any]:
    return TokenStorageData(
        resource_server=found["resource_server"],
        identity_id=identity,
        scope=found["scope"],
        access_token=found["access_token"],
        refresh_token=found["refresh_token"],
        expires_at_seconds=found["expires_at_seconds"],
        token_type=found["token_type"],
    ).to_dict()
