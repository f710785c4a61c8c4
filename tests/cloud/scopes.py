"""Scopes of Globus Auth, and which service (resource server) each is for."""

import re

from cloud.errors import ApiError

AUTH = "auth.globus.org"
COMPUTE = "funcx_service"
GROUPS = "groups.api.globus.org"
TRANSFER = "transfer.api.globus.org"

_COMPUTE_SCOPE_ID = "facd7ccc-c5f4-42aa-916b-a0e270e2c2a9"
_URN = re.compile(r"urn:globus:auth:scope:([^:]+):")
_URL = re.compile(r"https://auth\.globus\.org/scopes/([^/]+)/")


def split_scopes(text: str) -> list[str]:
    """Splits scopes at the spaces that are not inside brackets: ``"a[b c] d"`` is ``["a[b c]", "d"]``."""
    found, depth, current = [], 0, ""
    for character in text:
        depth += (character == "[") - (character == "]")
        if character == " " and depth == 0:
            found.append(current)
            current = ""
        else:
            current += character
    return [scope for scope in [*found, current] if scope]


def without_dependencies(scope: str) -> str:
    """Returns ``a`` for ``a[b c]``, and for ``*a`` too."""
    return scope.split("[")[0].lstrip("*")


def resource_server(scope: str) -> str:
    """Tells which service a scope is for.

    Raises:
        ApiError: No service has such a scope.
    """
    bare = without_dependencies(scope)
    if bare in {"openid", "profile", "email"}:
        return AUTH
    if match := _URN.match(bare):
        return match[1]
    if match := _URL.match(bare):
        return COMPUTE if match[1] == _COMPUTE_SCOPE_ID else match[1]
    raise ApiError(400, "UNKNOWN_SCOPE_ERROR", f"unknown scope {scope}", error="invalid_scope")


def by_resource_server(text: str) -> dict[str, list[str]]:
    """Sorts the scopes of a request by the service they are for."""
    found: dict[str, list[str]] = {}
    for scope in split_scopes(text):
        found.setdefault(resource_server(scope), []).append(without_dependencies(scope))
    return found
