"""Globus' web services as the tools of a site use them: one login, and failures that a person can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from armarius.endpoint_config.errors import NotReached

if TYPE_CHECKING:
    from globus_compute_sdk import Client

_LOGIN = "Log in with: globus-compute-endpoint login, or set GLOBUS_COMPUTE_CLIENT_ID and GLOBUS_COMPUTE_CLIENT_SECRET."


def compute_client() -> "Client":
    """Logs in to Globus Compute, by client credentials where they are set, else as the person who is logged in.

    Raises:
        NotReached: Globus Compute could not be reached, or refused.
    """
    from globus_compute_sdk import Client  # heavy: a second

    with reaching("Globus Compute", "while logging in"):
        return Client()


@contextmanager
def reaching(what: str, when: str) -> Iterator[None]:
    """Says who did not answer, or refused.

    Raises:
        NotReached: In place of the errors of the Globus packages.
    """
    from globus_compute_sdk.errors import ComputeError
    from globus_sdk import GlobusError
    from requests import RequestException

    try:
        yield
    except (GlobusError, ComputeError, RequestException, EOFError, ValueError) as error:
        raise NotReached(f"{what} did not do its part {when}: {_short(error)}", _LOGIN) from error


def _short(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:299] + "…"
