"""What is done to a transcription: almost nothing."""

import re
import unicodedata

BREAK = re.compile(r"[\t\r\n]")


def cleaned(text: str) -> str | None:
    """Turns tabs and line breaks into blanks and strips the ends; None if nothing remains.

    Everything else stays as the scholar wrote it, composed or decomposed: the training normalises, if told to.
    """
    return BREAK.sub(" ", text).strip(" ") or None


def composed(name: str) -> str:
    """Returns a name in Unicode's composed form (NFC), so that names written on different systems compare equal."""
    return unicodedata.normalize("NFC", name)
