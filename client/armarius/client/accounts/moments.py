"""Points in time as people write them."""

from datetime import datetime, timedelta

from armarius.client.config import seconds_of
from armarius.client.errors import ConfigurationError
from armarius.functions.contracts import BadInput


def moment_of(text: str, now: float) -> float:
    """Reads "2026-11-01", "2026-11-01 14:30", or how long ago: "12h", "30d".

    Args:
        text: What was written; a date without a zone is by this machine's clock.
        now: Seconds since 1970.

    Returns:
        Seconds since 1970.

    Raises:
        BadInput: It is none of these.
    """
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    try:
        ago = timedelta(seconds=seconds_of(text)).total_seconds()
    except (ConfigurationError, OverflowError) as error:
        raise BadInput(
            f"{text!r} is no date.", 'Write it like "2026-11-01", or like "30d" for thirty days ago.'
        ) from error
    return now - ago
