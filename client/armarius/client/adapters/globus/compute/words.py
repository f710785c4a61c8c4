"""Long texts of remote programs, cut to what a person wants to read."""

import re

MOST_CHARACTERS = 400

_EXCEPTION = re.compile(r"[A-Za-z_][\w.]*(: |$)")
_PLACE = re.compile(r'\s*File "(?P<file>[^"]+)", line (?P<line>\d+)(, in (?P<name>.+))?')


def gist(text: str) -> str:
    """Returns the heart of a message: of a traceback its last exception and where it was raised, else all of it.

    Either is one line of at most 400 characters.
    """
    lines = [line for line in text.strip().splitlines() if line.strip()]
    traces = [number for number, line in enumerate(lines) if line.startswith("Traceback (")]
    if not traces:
        return _cut(lines)
    raised = (number for number in range(traces[-1], len(lines)) if _EXCEPTION.match(lines[number]))
    begin = next(raised, len(lines) - 1)
    return f"{_cut(lines[begin:])} {_place(lines[:begin])}".strip()


def _cut(lines: list[str]) -> str:
    said = " ".join(" ".join(lines).split())
    return said if len(said) <= MOST_CHARACTERS else f"{said[: MOST_CHARACTERS - 2]} …"


def _place(lines: list[str]) -> str:
    for line in reversed(lines):
        if match := _PLACE.match(line):
            file = match["file"].rsplit("/", 1)[-1]
            return f"({file}, line {match['line']})"
    return ""
