"""Two of kraken's computations on outlines, with the same results in a fraction of the time.

Most of the time in which lines are found on a processor goes not into the network, but into geometry in Python
(``benchmarks/README.md``). What stands here is put in the place of kraken's own, in the processes that work on pages
alone, and only where kraken's is, letter for letter, that for which this was written and with which it is compared by
the tests. With any other kraken nothing is put anywhere, and pages take longer.
"""

import inspect
import logging
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

from kraken.lib import segmentation

from armarius.functions.engine.pagework.quicker.surroundings import calc_roi
from armarius.functions.engine.pagework.quicker.tracing import boundary_tracing

_OURS: Mapping[str, tuple[Callable[..., Any], str]] = {
    "boundary_tracing": (boundary_tracing, "ad575f280a8047ca519e9657c9eee6fa52a3c94cb9bcae657dd2a49e8c07b776"),
    "_calc_roi": (calc_roi, "2ccf1a11ae2d7a151cf96a57098185981d9e3493163fe6468a4310ac0e54feab"),
}
"""What takes whose place, and the SHA-256 of kraken's text."""


def put_in_place() -> list[str]:
    """Puts what is known to be the same into kraken's place; returns the names of what was left as it is."""
    left = [name for name, (_, known) in _OURS.items() if _digest(name) != known]
    for name in _OURS.keys() - left:
        setattr(segmentation, name, _OURS[name][0])
    if left:
        logging.getLogger(__name__).warning("kraken's %s: another text than known, left as it is", ", ".join(left))
    return left


def _digest(name: str) -> str:
    """Returns the SHA-256 of the text of one of kraken's functions; nothing where there is none."""
    try:
        return sha256(inspect.getsource(getattr(segmentation, name)).encode()).hexdigest()
    except (AttributeError, OSError):
        return ""
