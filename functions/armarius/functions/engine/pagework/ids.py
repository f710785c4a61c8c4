"""Identifiers of lines and regions as XML takes them."""

import re
import secrets

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*\Z")
_KRAKENS = re.compile(r"(textblock|segment|char|page|TYPE|OCR|ro|o)_\w+\Z")
"""What kraken's templates call things by themselves."""


class Ids:
    """The identifiers of one file: each once, and each a name in XML."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def valid(self, wanted: str) -> str:
        """Returns an identifier: as it is wanted, unless that is no name in XML, taken already, or one of kraken's."""
        name = wanted
        if not _NAME.match(wanted) or _KRAKENS.match(wanted):
            name = "_" + re.sub(r"[^A-Za-z0-9_.-]", "_", wanted)
        while name in self._taken:
            name = f"{name}_{secrets.token_hex(2)}"
        self._taken.add(name)
        return name
