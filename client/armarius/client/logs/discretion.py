"""Keeping secrets out of logs, whoever logs them: the second wall, behind never handing one to a logger."""

import json
import os
import re
from collections.abc import Iterator

HIDDEN = "***"

_NAMES = re.compile(r"(SECRET|TOKEN|PASSWORD|PASSWD|CREDENTIAL|_KEYS?)", re.IGNORECASE)
"""Of variables of the environment whose values are never shown."""

_LEAST = 8
"""Shorter values are words such as "true": they would hide half of the log."""

_SHAPES = (
    re.compile(r"(?P<kept>[a-z][a-z0-9+.-]*://[^\s/:@\"']*:)[^\s/@\"']+(?=@)", re.IGNORECASE),  # a password in a URL
    re.compile(
        r"(?P<kept>\b(?:bearer|basic|authorization[\"']?: *[\"']?token) )[\w.~+/=-]{8,}", re.IGNORECASE
    ),  # a header
    re.compile(r"(?P<kept>(?:token|secret|password)[\\\"']*\s*[:=]\s*[\\\"']*)[^\s\\\"',;&}]+", re.IGNORECASE),
)


def discreet(text: str) -> str:
    """Returns a text without the values of secret variables, and without what looks like a secret."""
    for value in _values():
        text = text.replace(value, HIDDEN)
    for shape in _SHAPES:
        text = shape.sub(rf"\g<kept>{HIDDEN}", text)
    return text


def _values() -> Iterator[str]:
    """Yields the secrets of the environment, the longest first, also as they stand in JSON."""
    found = {value for name, value in os.environ.items() if _NAMES.search(name) and len(value) >= _LEAST}
    parts = {part.strip() for value in found for part in value.split(",") if len(part.strip()) >= _LEAST}
    every = found | parts
    yield from sorted(every | {json.dumps(value)[1:-1] for value in every}, key=len, reverse=True)
