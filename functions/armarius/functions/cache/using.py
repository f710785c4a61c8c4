"""What a run does for the order of its site: notes what it uses, and makes room."""

import logging
import os
from contextlib import suppress

from armarius.functions.cache.naming import named_by
from armarius.functions.cache.room import make_room
from armarius.functions.errors import SiteError
from armarius.functions.rundir import RunDir
from armarius.functions.site import Site

logger = logging.getLogger(__name__)


def tidy(site: Site, run: RunDir) -> None:
    """Notes that a run uses its files now, and makes room; where there is no limit, nothing is done.

    What goes wrong here does no run any harm: whoever lacks room says so itself.
    """
    if site.cache is None:
        return
    try:
        _use(site, run)
        make_room(site)
    except (OSError, SiteError):
        logger.warning("No room could be made on this site.", exc_info=True)


def _use(site: Site, run: RunDir) -> None:
    for digest in named_by(site, [run]).blobs:
        with suppress(OSError):
            os.utime(site.blob(digest))
