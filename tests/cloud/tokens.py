"""Access tokens, refresh tokens and the codes of a sign-in."""

import base64
import hashlib
import json
import secrets
import time
from dataclasses import asdict, dataclass
from typing import Any

from cloud.errors import ApiError
from cloud.scopes import AUTH, by_resource_server
from cloud.store import Store

_REFRESH_LIFE = 180 * 24 * 3600.0
"""Of a refresh token that is not used, in seconds."""


@dataclass(frozen=True)
class Token:
    """What a token says.

    Attributes:
        client: The application that asked for it.
        identity: On whose behalf it speaks.
        resource_server: The service it is for.
        scope: What it may do there.
        expires: Seconds of the epoch.
    """

    client: str
    identity: str
    resource_server: str
    scope: str
    expires: float


@dataclass(frozen=True)
class Code:
    """The outcome of a sign-in, to be exchanged for tokens once.

    Attributes:
        client: The application that asked for it.
        identity: Who has signed in.
        scope: What was asked for.
        refresh: Whether refresh tokens were.
        redirect: Where the code was sent; the exchange must name it.
        nonce: Repeated in the identity token.
        challenge: Of PKCE: the SHA-256 of what the exchange must know; empty without.
    """

    client: str
    identity: str
    scope: str
    refresh: bool
    redirect: str = ""
    nonce: str = ""
    challenge: str = ""

    def fits(self, redirect: str, verifier: str) -> bool:
        """Tells whether it is exchanged by whoever asked for it."""
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        return redirect == self.redirect and self.challenge in ("", digest)


class Tokens:
    """All tokens that were issued.

    Args:
        store: The database.
        life: Of an access token, in seconds.
    """

    def __init__(self, store: Store, life: float) -> None:
        self._store = store
        self._life = life

    def issue(self, client: str, identity: str, scopes: str, *, refresh: bool = False) -> dict[str, Any]:
        """Issues one token for each service that the scopes name.

        Returns:
            The answer of Globus Auth: the first token, and the rest under ``other_tokens``.
        """
        issued = [
            self._issue_one(client, identity, server, " ".join(scopes_of_it), refresh=refresh)
            for server, scopes_of_it in by_resource_server(scopes).items()
        ]
        issued.sort(key=lambda token: token["resource_server"] != AUTH)
        return {**issued[0], "other_tokens": issued[1:]}

    def _issue_one(self, client: str, identity: str, server: str, scope: str, *, refresh: bool) -> dict[str, Any]:
        access = self._add("access", Token(client, identity, server, scope, time.time() + self._life))
        token = {
            "access_token": access,
            "scope": scope,
            "expires_in": int(self._life),
            "token_type": "Bearer",
            "resource_server": server,
        }
        if refresh:
            long_lived = Token(client, identity, server, scope, time.time() + _REFRESH_LIFE)
            token["refresh_token"] = self._add("refresh", long_lived)
        return token

    def _add(self, kind: str, token: Token) -> str:
        value = secrets.token_urlsafe(32)
        self._store.run(
            "INSERT INTO token VALUES (?, ?, ?, ?, ?, ?, ?)",
            value, kind, token.client, token.identity, token.resource_server, token.scope, token.expires,
        )  # fmt: skip
        return value

    def find(self, value: str, kind: str = "access") -> Token | None:
        """Returns what a token says, or None if it is unknown, revoked or expired."""
        row = self._store.row(
            "SELECT client, identity, resource_server, scope, expires FROM token WHERE value = ? AND kind = ? "
            "AND expires > ?", value, kind, time.time(),
        )  # fmt: skip
        return Token(*row) if row else None

    def check(self, authorization: str, server: str) -> Token:
        """Returns the token in an ``Authorization`` header.

        Raises:
            ApiError: 401 without a valid token, on which the SDK renews its token and asks once more; 403 if the token
                is for another service.
        """
        scheme, _, value = authorization.partition(" ")
        token = self.find(value) if scheme.lower() == "bearer" else None
        if token is None:
            raise ApiError(401, "AuthenticationFailed", "the access token is missing, unknown or expired")
        if token.resource_server != server:
            raise ApiError(403, "FORBIDDEN", f"the token is for {token.resource_server}; {server} was asked")
        return token

    def revoke(self, value: str) -> None:
        """Makes a token worthless."""
        self._store.run("DELETE FROM token WHERE value = ?", value)

    def revoke_all(self, identity: str) -> None:
        """Makes all tokens of an identity worthless, as when a person takes their consents back."""
        self._store.run("DELETE FROM token WHERE identity = ?", identity)

    def expire_all(self, identity: str | None = None) -> None:
        """Lets all access tokens (of one identity) expire now."""
        self._store.run(
            "UPDATE token SET expires = 0 WHERE kind = 'access' AND (? IS NULL OR identity = ?)", identity, identity
        )

    def new_code(self, code: Code) -> str:
        """Keeps the outcome of a sign-in; returns the code for it."""
        value = secrets.token_urlsafe(20)
        self._store.run("INSERT INTO code VALUES (?, ?, ?)", value, code.client, json.dumps(asdict(code)))
        return value

    def take_code(self, value: str, client: str) -> Code | None:
        """Returns the outcome of a sign-in, once; None if the code is unknown, used, or another application's."""
        with self._store.together():
            row = self._store.row("SELECT document FROM code WHERE value = ? AND client = ?", value, client)
            self._store.run("DELETE FROM code WHERE value = ? AND client = ?", value, client)
        return Code(**json.loads(row["document"])) if row else None
