"""What processes that died left in this machine's folder for Transfer."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.journal import TransferRow

KEEP_SECONDS = 14 * 86_400
"""How long a file is kept of which nothing is known: another pool may use the same folder."""

_NAME = re.compile(r"(?P<transfer>.+-(?:in|out))-(?P<attempt>\d+)-\d+")


def tidy(route: Route, read: Callable[[str], TransferRow | None]) -> None:
    """Deletes files of transfers that have ended, and those of unknown ones when they are two weeks old.

    Args:
        route: Knows the folder.
        read: Finds a transfer in the journal.
    """
    for folder in (route.outbox, route.landing):
        for path in folder.iterdir() if folder.is_dir() else ():
            with suppress(FileNotFoundError):  # somebody else tidies up, or goes on with it
                if _is_over(path, read):
                    path.unlink()


def _is_over(path: Path, read: Callable[[str], TransferRow | None]) -> bool:
    if time.time() - path.stat().st_mtime > KEEP_SECONDS:
        return True
    match = _NAME.fullmatch(path.name.removesuffix(".zip"))
    row = read(match["transfer"]) if match else None
    return row is not None and match is not None and (not row.stage.under_way or row.attempt != int(match["attempt"]))
