"""Globus Auth: client credentials, sign-in of people, refreshing, userinfo, identities."""

import base64
import binascii
import html
import json
import time
import urllib.parse
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response

from cloud.faults import Forge
from cloud.parts import AuthCaller, Cloud, CloudDep
from cloud.tokens import Code

router = APIRouter()

_KEY_ID = "local"
_ID_TOKEN_LIFE = 48 * 3600
_SHOW_CODE = "/v2/web/auth-code"
"""End of the address to which Globus sends people who are to copy their code by hand."""


def signing_key(path: Path) -> rsa.RSAPrivateKey:
    """Returns the key that signs identity tokens; makes it if it is not there."""
    if path.exists():
        key = serialization.load_pem_private_key(path.read_bytes(), None)
        assert isinstance(key, rsa.RSAPrivateKey)
        return key
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path.touch(0o600)
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return key


def _key(cloud: Cloud) -> rsa.RSAPrivateKey:
    return signing_key(cloud.config.state / "signing-key.pem")


async def _form(request: Request) -> dict[str, str]:
    return dict(urllib.parse.parse_qsl((await request.body()).decode()))


def _authenticated(cloud: Cloud, request: Request, form: dict[str, str]) -> str | None:
    """Returns the application that asks, or None if it is unknown or its secret is wrong."""
    client, secret = form.get("client_id", ""), form.get("client_secret")
    scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            client, _, secret = base64.b64decode(credentials).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
    known = cloud.config.clients.get(client)
    return client if known is not None and known.secret == secret else None


def _refuse(error: str, status: int = 400) -> JSONResponse:
    code = "UNAUTHORIZED" if status == 401 else error.upper()
    return JSONResponse({"error": error, "errors": [{"status": str(status), "code": code, "detail": error}]}, status)


@router.post("/v2/oauth2/token", response_model=None)
async def token(request: Request, cloud: CloudDep) -> JSONResponse | dict[str, Any]:
    """Issues tokens, for any of the three kinds of grant."""
    form = await _form(request)
    client = _authenticated(cloud, request, form)
    if client is None:
        return _refuse("invalid_client", 401)
    grant = form.get("grant_type")
    if grant == "client_credentials" and cloud.config.clients[client].secret is not None:
        return cloud.tokens.issue(client, client, form["scope"])
    if grant == "authorization_code":
        return _exchange_code(cloud, request, client, form)
    if grant == "refresh_token":
        return _refresh(cloud, client, form.get("refresh_token", ""))
    return _refuse("unsupported_grant_type")


def _exchange_code(cloud: Cloud, request: Request, client: str, form: dict[str, str]) -> JSONResponse | dict[str, Any]:
    code = cloud.tokens.take_code(form.get("code", ""), client)
    if code is None or not code.fits(form.get("redirect_uri", ""), form.get("code_verifier", "")):
        return _refuse("invalid_grant")
    answer = cloud.tokens.issue(client, code.identity, code.scope, refresh=code.refresh)
    if "openid" in code.scope.split():
        answer["id_token"] = _id_token(cloud, request, code)
    return answer


def _refresh(cloud: Cloud, client: str, value: str) -> JSONResponse | dict[str, Any]:
    known = cloud.tokens.find(value, "refresh")
    if known is None or known.client != client:
        return _refuse("invalid_grant")
    return {**cloud.tokens.issue(client, known.identity, known.scope), "refresh_token": value}


def _issuer(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _id_token(cloud: Cloud, request: Request, code: Code) -> str:
    who, now = cloud.identities.tell(code.identity), int(time.time())
    claims = {
        "iss": _issuer(request),
        "aud": code.client,
        "sub": code.identity,
        "iat": now,
        "exp": now + _ID_TOKEN_LIFE,
        "name": who["name"],
        "preferred_username": who["username"],
        "email": who["email"],
        "identity_set": [who],
        **({"nonce": code.nonce} if code.nonce else {}),
    }
    key, forged = _key(cloud), cloud.faults.take(Forge)
    if forged and forged.what == "signature":
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    elif forged:
        claims |= {_CLAIM[forged.what]: "https://elsewhere.example"}
    return jwt.encode(claims, key, algorithm="RS512", headers={"kid": _KEY_ID})


_CLAIM = {"audience": "aud", "issuer": "iss", "nonce": "nonce"}


@router.get("/v2/oauth2/authorize")
async def authorize(request: Request, cloud: CloudDep) -> Response:
    """The sign-in page: one link for each person. With ``as=ID`` in the address, that person has signed in."""
    asked = request.query_params
    person = asked.get("as")
    if person not in cloud.identities.people():
        return HTMLResponse(_sign_in_page(cloud, str(request.url)))
    code = cloud.tokens.new_code(
        Code(
            asked["client_id"],
            person,
            asked["scope"],
            refresh=asked.get("access_type") == "offline",
            redirect=asked["redirect_uri"],
            nonce=asked.get("nonce", ""),
            challenge=asked.get("code_challenge", ""),
        )
    )
    if asked["redirect_uri"].endswith(_SHOW_CODE):
        return HTMLResponse(f"Authorization Code: <code>{code}</code>")
    back = urllib.parse.urlencode({"code": code, "state": asked.get("state", "")})
    return RedirectResponse(f"{asked['redirect_uri']}?{back}")


def _sign_in_page(cloud: Cloud, url: str) -> str:
    links = [
        f'<p><a href="{html.escape(url)}&amp;as={person}">{html.escape(username)}</a></p>'
        for person, username in cloud.identities.people().items()
    ]
    return "<h1>Sign in to the local cloud as</h1>" + "".join(links)


@router.post("/v2/oauth2/token/revoke")
async def revoke(request: Request, cloud: CloudDep) -> dict[str, bool]:
    """Makes a token worthless."""
    cloud.tokens.revoke((await _form(request)).get("token", ""))
    return {"active": False}


@router.post("/v2/oauth2/token/introspect")
async def introspect(request: Request, cloud: CloudDep) -> dict[str, Any]:
    """Tells what a token says."""
    known = cloud.tokens.find((await _form(request)).get("token", ""))
    if known is None:
        return {"active": False}
    who = cloud.identities.tell(known.identity)
    return {
        "active": True,
        "scope": known.scope,
        "sub": known.identity,
        "client_id": known.client,
        "aud": [known.resource_server],
        "exp": int(known.expires),
        "username": who["username"],
        "name": who["name"],
        "email": who["email"],
        "token_type": "Bearer",
        "identity_set": [known.identity],
    }


@router.get("/v2/oauth2/userinfo")
async def userinfo(cloud: CloudDep, me: AuthCaller) -> dict[str, Any]:
    """Tells who asks."""
    who = cloud.identities.tell(me)
    return {**who, "identity_set": [who]}


@router.get("/v2/api/identities")
async def identities(cloud: CloudDep, me: AuthCaller, ids: str = "", usernames: str = "") -> dict[str, Any]:
    """Tells who has certain ids or usernames (separated by commas)."""
    return {"identities": cloud.identities.find(set(ids.split(",")), set(usernames.split(",")))}


@router.get("/.well-known/openid-configuration")
async def openid_configuration(request: Request) -> dict[str, Any]:
    """Tells where things are."""
    base = _issuer(request)
    return {
        "issuer": base,
        "authorization_endpoint": f"{base}/v2/oauth2/authorize",
        "token_endpoint": f"{base}/v2/oauth2/token",
        "userinfo_endpoint": f"{base}/v2/oauth2/userinfo",
        "jwks_uri": f"{base}/jwk.json",
        "id_token_signing_alg_values_supported": ["RS512"],
    }


@router.get("/jwk.json")
async def jwks(cloud: CloudDep) -> dict[str, Any]:
    """Tells the public key that checks identity tokens."""
    public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_key(cloud).public_key()))
    return {"keys": [{**public, "kid": _KEY_ID, "alg": "RS512", "use": "sig"}]}
