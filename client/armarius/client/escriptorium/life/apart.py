"""Doing something in another thread, with a connection of its own to eScriptorium's database."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db import close_old_connections

from armarius.client.logs import bound

Done = TypeVar("Done")


def apart(job: str, work: Callable[..., Done], *given: Any) -> Done:
    """Does some work for a job; its connection ends with it."""
    fresh_connections()
    try:
        with bound(job=job):
            return work(*given)
    finally:
        fresh_connections()


def fresh_connections() -> None:
    """Lets go of connections that are broken or too old. Within a transaction there are none."""
    close_old_connections()
