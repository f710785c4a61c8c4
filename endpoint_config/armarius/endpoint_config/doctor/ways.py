"""The ways to Globus that only the examinations need."""

import time
from email.utils import parsedate_to_datetime

from armarius.endpoint_config.web import reaching


def web_time() -> tuple[float, float]:
    """Asks Globus Compute for the time.

    Returns:
        Seconds since 1970 in the middle of the call, and half of what the call took: the uncertainty.

    Raises:
        NotReached: It did not answer, or without a date.
    """
    import requests
    from globus_compute_sdk.sdk._environments import get_web_service_url

    with reaching("Globus Compute", "when asked for the time"):
        before = time.monotonic()
        answer = requests.get(f"{get_web_service_url()}/v2/version", timeout=15)
        took = time.monotonic() - before
        return parsedate_to_datetime(answer.headers.get("Date", "")).timestamp() + 0.5, took / 2 + 0.5


def collection_names(collection: str, path: str) -> list[str]:
    """Lists a directory of a collection.

    Raises:
        NotReached: Globus did not answer, or will not show it.
        ArmariusError: Nobody is signed in.
    """
    from globus_sdk import TransferClient

    from armarius.client.adapters.globus.app import globus_app

    with reaching("Globus Transfer", f"when asked what is in {path}"), TransferClient(app=globus_app()) as client:
        return [str(entry["name"]) for entry in client.operation_ls(collection, path=path)]
