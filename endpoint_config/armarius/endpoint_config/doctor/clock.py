"""Is this machine's clock right? Globus Compute ignores what seems older than three minutes."""

import time
from collections.abc import Iterator

from armarius.endpoint_config.doctor.check import Check, ok, problem, warning
from armarius.endpoint_config.doctor.context import Context
from armarius.endpoint_config.errors import NotReached

THEME = "clock"
MOST = 60.0
"""Seconds of skew. At 180, Globus Compute 4.19 ignores every request to start something."""


def skew(context: Context) -> Iterator[Check]:
    """Compares with the time of Globus' web service."""
    try:
        there, uncertain = context.web_time()
    except NotReached as error:
        yield warning(THEME, error.message, "Is there a way to the internet from here?")
        return
    off = time.time() - there
    if abs(off) - uncertain > MOST:
        told = f"This clock is {abs(off):.0f} s {'ahead' if off > 0 else 'behind'}."
        yield problem(THEME, told, "Let it follow a time server: timedatectl set-ntp true")
    else:
        yield ok(THEME, f"This clock agrees with Globus within {max(abs(off), uncertain):.0f} s.")
