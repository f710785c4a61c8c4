"""Is the endpoint registered, running and restricted to what is on record?"""

import time
from collections.abc import Iterator

from armarius.endpoint_config.doctor.check import Check, ok, problem, warning
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.errors import Drift, NotReached
from armarius.endpoint_config.record import FunctionRecord
from armarius.endpoint_config.registering import endpoint_id, require_allowed
from armarius.endpoint_config.sitefile import site_toml
from armarius.endpoint_config.web import reaching

THEME = "registration"
SILENCE = 60.0
"""Seconds. A running endpoint touches its pidfile every 15."""

_REGISTER = "armarius endpoint register PROFILE"


def functions(context: Context) -> Iterator[Check]:
    """Compares the registered functions with those of this release."""
    record = FunctionRecord.read(context.folder)
    missing = [name for name in context.profile.functions if name not in record.functions]
    drifted = record.drifted()
    if missing:
        yield problem(THEME, f"Not registered: {', '.join(missing)}.", _REGISTER)
    if drifted:
        told = f"Registered with another text than this release has: {', '.join(drifted)}."
        yield problem(THEME, told, f"{_REGISTER} --again")
    if not missing and not drifted:
        yield ok(THEME, f"All {len(record.functions)} functions are registered with the text of this release.")


def running(context: Context) -> Iterator[Check]:
    """Looks for the endpoint's process here."""
    start = f"globus-compute-endpoint start {context.folder.path.name}, or its systemd unit"
    try:
        silent = time.time() - context.folder.pidfile.stat().st_mtime
    except OSError:
        yield problem(THEME, "The endpoint does not run here.", start)
        return
    if silent > SILENCE:
        yield problem(THEME, f"The endpoint has given no sign of life for {silent:.0f} s.", start)
    else:
        yield ok(THEME, "The endpoint runs here.")


def online(context: Context) -> Iterator[Check]:
    """Asks Globus Compute how the endpoint is, and what it allows."""
    endpoint = endpoint_id(context.folder)
    if endpoint is None:
        mend = f"globus-compute-endpoint start {context.folder.path.name}"
        yield problem(THEME, "The endpoint has never been started: Globus Compute does not know it.", mend)
        return
    try:
        service = context.compute()
        with reaching("Globus Compute", "when asked for the endpoint"):
            status = str(service.get_endpoint_status(endpoint).get("status"))
        yield _status(endpoint, status)
        require_allowed(context.profile, endpoint, FunctionRecord.read(context.folder), service)
    except NotReached as error:
        yield warning(THEME, error.message, error.hint)
    except Drift as error:
        yield problem(THEME, error.message, error.hint)
    else:
        yield ok(THEME, "Globus Compute lets nothing be called there but what is on record.")


def _status(endpoint: str, status: str) -> Check:
    if status == "online":
        return ok(THEME, f"Globus Compute says that {endpoint} is online.")
    mend = "If it runs: can this machine reach compute.amqps.globus.org, port 443? Its endpoint.log tells."
    return problem(THEME, f"Globus Compute says that {endpoint} is {status}.", mend)


def site_file(context: Context) -> Iterator[Check]:
    """Compares site.toml with what the pool should be told."""
    endpoint = endpoint_id(context.folder)
    if endpoint is None:
        return
    record = FunctionRecord.read(context.folder)
    if any(name not in record.functions for name in context.profile.functions):
        return  # told already
    path = context.folder.site
    if not path.exists() or path.read_text(encoding="utf-8") != site_toml(context.profile, endpoint, record):
        yield warning(THEME, f"{path} is not what the pool should be told.", f"{_REGISTER}, and send it to the pool.")
    else:
        yield ok(THEME, f"{path} is what the pool should be told.")
