"""Names of pages that are safe in a file's name, from whatever a label says."""

import unicodedata
from collections.abc import Iterable

LONGEST = 100
"""Bytes of a name; file systems allow 255 for the whole."""

SEPARATORS = frozenset("/\\:*?\"<>|'`$%&;#~!")
NOBODYS_NAME = "page"


def safe_name(label: str) -> str:
    """Makes a name of a label.

    What separates parts of a path, means something to a shell, cannot be seen, or turns the direction of writing
    becomes a hyphen; letters of every script stay. The name never begins with a dot or a hyphen.

    Args:
        label: Anything.
    """
    letters = unicodedata.normalize("NFC", label[: 4 * LONGEST])
    joined = "-".join("".join(letter if _stays(letter) else " " for letter in letters).split())
    return _shortened(joined.strip("-. ")).strip("-. ") or NOBODYS_NAME


def stem_of(number: int, name: str, count: int) -> str:
    """Returns what a page's files are called, without their suffix: so they sort as the source had them.

    Args:
        number: From 1.
        name: A safe one.
        count: Pages in all.
    """
    return f"{number:0{max(4, len(str(count)))}d}-{name}"


def joined(parts: Iterable[str]) -> str:
    """Makes one label of several, those that say something."""
    return " ".join(part for part in parts if part.strip())


def _stays(letter: str) -> bool:
    return letter not in SEPARATORS and unicodedata.category(letter)[0] not in "CZ"


def _shortened(name: str) -> str:
    """Cuts a name to its most bytes, between two letters."""
    return name.encode()[:LONGEST].decode(errors="ignore")
