"""Lengths of time as people write them."""

import re

from armarius.client.errors import ConfigurationError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d+)([smhd])")


def seconds_of(text: str) -> float:
    """Reads a length of time such as "90s", "30m", "8h" or "2d".

    Raises:
        ConfigurationError: It is none.
    """
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"{text!r} is not a length of time.", 'Write it like "90s", "30m", "8h" or "2d".')
    return float(int(match[1]) * _SECONDS[match[2]])
