"""What an operator has yet to fill in."""

from collections.abc import Iterator
from typing import Any

FILL_IN = "FILL-IN"
"""Stands in a fresh profile for what only the operator can know."""


def unfilled(table: Any, place: str = "") -> Iterator[str]:
    """Yields the place of each value or key that is still marked."""
    if isinstance(table, dict):
        for name, value in table.items():
            here = f"{place}.{name}" if place else str(name)
            if FILL_IN in str(name):
                yield here
            else:
                yield from unfilled(value, here)
    elif isinstance(table, list):
        for number, value in enumerate(table, 1):
            yield from unfilled(value, f"{place}[{number}]")
    elif isinstance(table, str) and FILL_IN in table:
        yield place
