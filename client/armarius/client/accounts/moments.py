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
    return _read(text, now, -1, 'Write it like "2026-11-01", or like "30d" for thirty days ago.')


def coming_moment(text: str, after: float) -> float:
    """Reads "2026-12-01 08:00", or how long after another moment: "12h", "3d".

    Args:
        text: What was written; a date without a zone is by this machine's clock.
        after: Seconds since 1970.

    Returns:
        Seconds since 1970.

    Raises:
        BadInput: It is none of these.
    """
    return _read(text, after, 1, 'Write it like "2026-12-01 08:00", or like "8h" for eight hours later.')


def _read(text: str, moment: float, direction: int, hint: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError, OSError):
        pass
    try:
        return moment + direction * timedelta(seconds=seconds_of(text)).total_seconds()
    except (ConfigurationError, OverflowError) as error:
        raise BadInput(f"{text!r} is no date.", hint) from error
