"""Where logs go, and what of them: one way for all commands and services."""

import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from rich.console import Console
from rich.logging import RichHandler

from armarius.client.errors import ConfigurationError
from armarius.client.logs.context import Bearing
from armarius.client.logs.formats import ForMachines, ForPeople

LEVEL_VARIABLE = "ARMARIUS_LOG_LEVEL"
FORMAT_VARIABLE = "ARMARIUS_LOG_FORMAT"
LEVELS = ("debug", "info", "warning", "error")
FORMATS = ("text", "json")

Format = Literal["text", "json"]


@contextmanager
def logged(level: str | None = None, form: str | None = None) -> Iterator[None]:
    """Sends logs to standard error until the end of the block.

    Of libraries only warnings are logged, whatever the level: they may say more than anybody should read. Where
    somebody else (eScriptorium's settings) sends logs somewhere already, and nothing is chosen here, that stays.

    Args:
        level: From which of ``LEVELS`` on; by default what ARMARIUS_LOG_LEVEL says, else warnings.
        form: One of ``FORMATS``; by default what ARMARIUS_LOG_FORMAT says, else text.

    Raises:
        ConfigurationError: A variable says something else.
    """
    level = _chosen(level, LEVEL_VARIABLE, LEVELS)
    form = _chosen(form, FORMAT_VARIABLE, FORMATS)
    root, ours = logging.getLogger(), logging.getLogger("armarius")
    if root.handlers and level is None and form is None:
        yield
        return
    handler = _handler("json" if form == "json" else "text")
    handler.addFilter(Bearing())
    before = ours.level
    root.addHandler(handler)
    ours.setLevel((level or "warning").upper())
    try:
        yield
    finally:
        root.removeHandler(handler)
        ours.setLevel(before)
        handler.close()


def _chosen(given: str | None, variable: str, known: tuple[str, ...]) -> str | None:
    found = given or os.environ.get(variable) or None
    if found is not None and found.lower() not in known:
        raise ConfigurationError(f"{variable}: {found!r} is none of {', '.join(known)}.")
    return found.lower() if found else None


def _handler(form: Format) -> logging.Handler:
    if form == "json":
        handler: logging.Handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(ForMachines())
    elif sys.stderr.isatty():
        handler = RichHandler(console=Console(stderr=True), show_path=False, markup=False)
        handler.setFormatter(ForPeople(stamped=False))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(ForPeople(stamped=True))
    return handler
