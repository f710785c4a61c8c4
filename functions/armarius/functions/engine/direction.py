"""From the order in which a network reads, left to right, to that in which people write."""

import unicodedata
from typing import Literal

from kraken.lib.functional_im_transforms import text_reorder

_DIRECTIONS: dict[str, Literal["L", "R"]] = {"L": "L", "R": "R", "AL": "R"}


def as_written(displayed: str, order: Literal["L", "R"] | bool, like: str) -> str:
    """Brings a text from the order of display into that of writing, as kraken does after reading.

    Args:
        displayed: In the order of display.
        order: The parameter ``bidi_reordering`` with which it was brought into that order.
        like: A text as written, whose direction is that of the line where the parameter names none.
    """
    if not order:
        return displayed
    return str(text_reorder(displayed, base_dir=order if isinstance(order, str) else _direction(like)))


def _direction(text: str) -> Literal["L", "R"] | None:
    """Returns the direction of the first letter that has one."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    return next((_DIRECTIONS[kind] for kind in kinds if kind in _DIRECTIONS), None)
