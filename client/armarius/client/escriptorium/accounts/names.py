"""How jobs call the keys of users."""

import re

_NAME = re.compile(r"user-(\d+)\Z")


def name_of(user: int) -> str:
    """Returns how the key of a user is called in jobs."""
    return f"user-{user}"


def user_of(identity: str) -> int | None:
    """Returns whose key is called so."""
    match = _NAME.match(identity)
    return int(match[1]) if match else None
