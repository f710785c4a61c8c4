"""Errors of the SDKs and of remote programs, told as what they mean: refused, out of reach, or sign in.

The texts of endpoints are those of globus-compute-endpoint 4.19. One that is not known is a refusal with its own words.
"""

import re
from concurrent.futures import CancelledError
from dataclasses import dataclass

from globus_sdk import AuthAPIError, GlobusAPIError, NetworkError
from globus_sdk.gare import is_gare
from globus_sdk.token_storage import TokenValidationError

from armarius.client.adapters.globus.compute.answers import NOT_JSON, RENEW
from armarius.client.adapters.globus.compute.words import gist
from armarius.client.errors import ConfigurationError, SignInNeeded, SiteRefused, SiteUnreachable
from armarius.functions.contracts import ArmariusError

SIGN_IN = "A person signs in anew with: armarius login. A service looks at its id and secret."
REGISTER = "The operator looks at what is registered: armarius endpoint register. It writes a new site file."
MAP = "Ask the operator to let this identity in; armarius whoami shows it."
RENDER = "Compare the site file with the endpoint's settings; the operator writes both with: armarius endpoint render"

_CONFLICT = 409
"""The endpoint is offline, or another request has its user endpoint started just now."""

_INVALID = 422
_TOO_MANY = 429
_UNREACHABLE_STATUS = (408, _CONFLICT, 425, _TOO_MANY)


@dataclass(frozen=True)
class _Known:
    """A text of an endpoint that is known.

    Attributes:
        pattern: By which it is known.
        means: What it means, as the rest of a sentence that begins with the site's name.
        hint: What to do next.
        transient: Whether it passes; then nobody refused anything, the site is only out of reach.
    """

    pattern: str
    means: str
    hint: str = ""
    transient: bool = False


_KNOWN = (
    _Known(r"not permitted on endpoint|FUNCTION_NOT_", "does not let this function be called", REGISTER),
    _Known(r"failed to map to a local|untrusted identity|user does not exist", "does not know this identity", MAP),
    _Known(r"\(ValidationError\)|additionalProperties|UndefinedError", "does not take these settings", RENDER),
    _Known(r"No module named 'armarius", "lacks Armarius in the environment of its endpoint", RENEW),
    _Known(
        r"WorkerLost|ManagerLost|JobError|BadStateException|ScalingFailed|Another instance of this endpoint"
        r"|Command too old|Unable to start user endpoint|Failed to start or unexpected error|ENDPOINT_LOST",
        "lost its worker, or could not start one",
        transient=True,
    ),
    _Known(r"^(\w*\.)*(OSError|PermissionError|FileNotFoundError|BlockingIOError|TimeoutError|ConnectionError):",
           "cannot use its directory just now", transient=True),
)  # fmt: skip


def trouble(error: Exception, site: str) -> ArmariusError:
    """Returns what an error means, to be raised instead of it.

    Args:
        error: Of globus-sdk, of the Compute SDK, of the network, or ours already.
        site: The site's name.
    """
    from globus_compute_sdk.errors import SerdeError, TaskExecutionFailed, VersionMismatch

    if isinstance(error, ArmariusError):
        return error
    if isinstance(error, TokenValidationError):
        return SignInNeeded("Nobody is signed in to Globus, or not for all that is needed.", SIGN_IN)
    if isinstance(error, GlobusAPIError):
        return _of_service(error, site)
    if isinstance(error, NetworkError):
        return SiteUnreachable(f"Globus cannot be reached, and so neither can {site}: {error}.")
    if isinstance(error, TaskExecutionFailed):
        return of_endpoint(error.remote_data, site)
    if isinstance(error, SerdeError) or isinstance(error.__cause__, SerdeError):
        return SiteRefused(f"{site}: {NOT_JSON}", RENEW)
    if isinstance(error, VersionMismatch):
        return ConfigurationError(gist(str(error)), "Install newer: pip install --upgrade armarius")
    said = "the line was given up" if isinstance(error, CancelledError) else gist(f"{type(error).__name__}: {error}")
    return SiteUnreachable(f"The line to {site} broke: {said}.")


def answered(error: Exception) -> bool:
    """Tells whether an error is an answer that came over a line, which is then as good as before."""
    from globus_compute_sdk.errors import SerdeError, TaskExecutionFailed

    return isinstance(error, TaskExecutionFailed) or isinstance(error.__cause__, SerdeError)


def of_endpoint(text: str, site: str) -> ArmariusError:
    """Returns what a failure means that an endpoint told as text."""
    hint = "Armarius on the site may be of another version; see: armarius sites"
    return known(text, site) or SiteRefused(f"{site} failed: {gist(text)}", hint)


def known(text: str, site: str) -> ArmariusError | None:
    """Returns what a failure means, if its text is known. However long it is, the cause may stand anywhere in it."""
    for each in _KNOWN:
        if re.search(each.pattern, text, re.MULTILINE):
            message = f"{site} {each.means}: {gist(text)}"
            return SiteUnreachable(message) if each.transient else SiteRefused(message, each.hint)
    return None


def _of_service(error: GlobusAPIError, site: str) -> ArmariusError:
    said = gist(error.message or error.text)
    busy = error.http_status >= 500 or error.http_status == _TOO_MANY
    if (isinstance(error, AuthAPIError) and not busy) or error.http_status == 401 or is_gare(error):
        return SignInNeeded(f"Globus does not accept the sign-in: {said}.", SIGN_IN)
    if error.http_status == _CONFLICT and "NOT_ONLINE" in str(error.code):
        return SiteUnreachable(f"The endpoint of {site} is offline: {said}.")
    if error.http_status >= 500 or error.http_status in _UNREACHABLE_STATUS:
        return SiteUnreachable(f"Globus did not serve {site}, with status {error.http_status}: {said}.")
    if error.http_status == _INVALID and (meant := known(error.message or error.text, site)):
        return meant  # the service passes on why the endpoint could not start a user endpoint
    return SiteRefused(f"Globus refuses what was asked of {site}: {said}.", _next_step(error))


def _next_step(error: GlobusAPIError) -> str:
    code = str(error.code or "")
    if code.startswith("FUNCTION"):
        return REGISTER
    if error.http_status == 404:
        return "Is the endpoint's id in the site file right?"
    if error.http_status == 423:
        return "The endpoint is locked: its operator starts it again."
    return MAP if error.http_status == 403 else ""
