"""Characters that cannot be seen, made visible; and those that mislead the eye, made harmless."""

import unicodedata

_OVERRIDING = frozenset({"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"})
"""Bidirectional classes of the controls that reorder what follows them."""

_BREAKS = frozenset("\n\t")
_DOTTED_CIRCLE = "\N{DOTTED CIRCLE}"
_PLAIN_WORDS = {" ": "space"}


def code_point(character: str) -> str:
    """Writes a character as "U+017F"."""
    return f"U+{ord(character):04X}"


def visible(text: str) -> str:
    """Replaces what could break the page or reorder its text by code points; all else stays as it is.

    These are control characters, halves of surrogate pairs (undecodable file names) and bidirectional overrides.
    """
    return "".join(f"[{code_point(each)}]" if _harmful(each) else each for each in text)


def _harmful(character: str) -> bool:
    if character in _BREAKS:
        return False
    return (
        unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")
        or unicodedata.bidirectional(character) in _OVERRIDING
    )


def glyphs(text: str) -> str:
    """Returns what of a text can be seen: without invisible characters, a lone combining mark on a dotted circle."""
    shown = ""
    for character in text:
        kind = unicodedata.category(character)
        if kind.startswith(("C", "Z")):
            continue
        shown += f"{_DOTTED_CIRCLE}{character}" if kind.startswith("M") and not shown else character
    return shown


def named(text: str) -> str:
    """Returns the names and code points of a text, or nothing where every character is plain ASCII that can be seen."""
    if all("!" <= character <= "~" for character in text):
        return ""
    return ", ".join(_name(character) for character in text)


def _name(character: str) -> str:
    if character in _PLAIN_WORDS:
        return _PLAIN_WORDS[character]
    if "!" <= character <= "~":
        return character
    name = unicodedata.name(character, "").lower() or _unnamed(character)
    return f"{name} ({code_point(character)})"


def _unnamed(character: str) -> str:
    kinds = {"Cc": "control character", "Co": "private use character", "Cs": "half a surrogate pair"}
    return kinds.get(unicodedata.category(character), "unnamed character")
