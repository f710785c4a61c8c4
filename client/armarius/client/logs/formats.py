"""How a line of a log is written: for people, or for machines."""

import logging

from pythonjsonlogger.json import JsonFormatter

from armarius.client.logs.context import NAMES
from armarius.client.logs.discretion import discreet


class ForPeople(logging.Formatter):
    """A line of text, with the ids at its end.

    Args:
        stamped: Whether it begins with the time and the level: a terminal's handler writes them itself.
    """

    def __init__(self, *, stamped: bool) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s" if stamped else "%(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Returns the line, without what went wrong."""
        borne = " ".join(f"{name}={getattr(record, name)}" for name in NAMES if hasattr(record, name))
        return super().formatMessage(record) + (f"  [{borne}]" if borne else "")

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        return discreet(super().format(record))


class ForMachines(JsonFormatter):
    """An object of JSON in a line: time (ISO 8601, UTC), level, logger, message, and the ids that it bears."""

    def __init__(self) -> None:
        names = {"levelname": "level", "name": "logger"}
        super().__init__(("levelname", "name", "message"), rename_fields=names, timestamp="time")

    def format(self, record: logging.LogRecord) -> str:
        """Returns the line."""
        return discreet(super().format(record))
