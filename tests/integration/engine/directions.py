"""Runs in kraken's environment: brings texts into the order of display as kraken does, and back as we do."""

import json
import sys
from typing import Any

from kraken.lib.functional_im_transforms import text_reorder

from armarius.functions.engine.direction import as_written


def main(texts: list[str]) -> None:
    orders: list[Any] = [True, "L", "R", False]
    found = {str(order): [as_written(_displayed(text, order), order, text) for text in texts] for order in orders}
    sys.stdout.write(json.dumps(found))


def _displayed(text: str, order: Any) -> str:
    if not order:
        return text
    return str(text_reorder(text, base_dir=order if isinstance(order, str) else None))


if __name__ == "__main__":
    main(sys.argv[1:])
