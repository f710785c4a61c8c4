"""What can go wrong between this process and Globus Transfer, in words for people."""

from collections.abc import Iterator
from contextlib import contextmanager

from globus_sdk import AuthAPIError, GlobusAPIError, GlobusError, NetworkError

from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.errors import SignInNeeded, SiteRefused, SiteUnreachable

_BUSY = (408, 425, 429)
_MENDS_ITSELF = ("TooManyPendingJobs", "ServiceUnavailable", "Conflict", "EndpointError", "ExternalError")
"""What codes begin with, or end with, that say: not now. Transfer gives them with various HTTP statuses."""


@contextmanager
def in_words(route: Route) -> Iterator[None]:
    """Turns the errors of globus-sdk into ours.

    Raises:
        SiteUnreachable: Transfer did not answer, or is too busy. Nothing is lost.
        SignInNeeded: It does not know who asks, or wants a consent or a fresh sign-in.
        SiteRefused: It will not, and asking again does not help.
    """
    try:
        yield
    except AuthAPIError as error:
        if _not_now(error):
            raise SiteUnreachable(f"Globus Auth does not answer ({_short(error)}).") from error
        raise SignInNeeded(f"Globus does not accept the sign-in ({_short(error)}).", _SIGN_IN) from error
    except GlobusAPIError as error:
        raise _translated(route, error) from error
    except NetworkError as error:
        raise SiteUnreachable(f"Globus Transfer cannot be reached ({error.underlying_exception}).") from error
    except GlobusError as error:
        raise SignInNeeded(f"Globus does not let us in: {error}", _SIGN_IN) from error


def is_gone(error: GlobusAPIError) -> bool:
    """Tells whether Transfer says that it knows no such task."""
    return error.http_status == 404 and "Task" in (error.code or "")


_SIGN_IN = "Sign in with: armarius login"


def _translated(route: Route, error: GlobusAPIError) -> SiteUnreachable | SignInNeeded | SiteRefused:
    """Most special first: Transfer says with the code, not with the status, what is the matter."""
    code, said = error.code or "", error.message or error.http_reason
    if _not_now(error):
        return SiteUnreachable(f"Globus Transfer does not answer as it should just now ({_short(error)}).")
    if error.info.consent_required:
        what = f"Globus Transfer needs your consent before it may reach the files of {route.site}."
        return SignInNeeded(what, f"{_SIGN_IN} --data-access {route.data.collection}")
    if session := error.info.authorization_parameters:
        return SignInNeeded(f"Globus asks for a new sign-in: {session.session_message or said}", _SIGN_IN)
    if error.http_status == 401:
        return SignInNeeded(f"Globus Transfer does not accept the sign-in ({said}).", _SIGN_IN)
    if "EndpointNotFound" in code or "EndpointDeleted" in code:
        return SiteRefused(
            f"Globus Transfer does not know a collection that {route.site} needs: {said}.",
            f"{route.site}'s is {route.data.collection} (in its site file), this machine's is {route.own.collection} "
            "(in pool.toml).",
        )
    if error.http_status == 403:
        return SiteRefused(
            f"Globus Transfer may not use a collection for us: {said}.",
            f"Let this identity read and write {route.data.root} in the collection {route.data.collection}, and "
            f"{route.own.seen_as} in {route.own.collection}.",
        )
    return SiteRefused(f"Globus Transfer refuses the transfer to or from {route.site}: {said} ({_short(error)}).")


def _not_now(error: GlobusAPIError) -> bool:
    code = error.code or ""
    named = any(code.startswith(name) or code.endswith(name) for name in _MENDS_ITSELF)
    return error.http_status >= 500 or error.http_status in _BUSY or named


def _short(error: GlobusAPIError) -> str:
    return f"HTTP {error.http_status}{f', {error.code}' if error.code else ''}"
