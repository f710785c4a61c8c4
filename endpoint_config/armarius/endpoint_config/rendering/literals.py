"""Writing values into a Jinja template so that they are values there, whatever they hold."""

from collections.abc import Mapping, Sequence

_NAMED = {"'": "\\x27", "\\": "\\x5c", "{": "\\x7b", "}": "\\x7d"}
"""What could end a string or begin a tag. With these gone, the rest of ASCII stands for itself."""

Value = str | int | bool | None | Sequence["Value"] | Mapping[str, "Value"]


def literal(value: Value, indent: int = 0) -> str:
    """Returns an expression of Jinja that has this value.

    Args:
        value: What it shall be.
        indent: Blanks before the lines of a mapping.
    """
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        return f"'{''.join(map(_escaped, value))}'"
    return _mapping(value, indent) if isinstance(value, Mapping) else _sequence(value, indent)


def _sequence(value: Sequence[Value], indent: int) -> str:
    return _block("[", [literal(each, indent + 2) for each in value], "]", indent)


def _mapping(value: Mapping[str, Value], indent: int) -> str:
    return _block("{", [f"{literal(name)}: {literal(each, indent + 2)}" for name, each in value.items()], "}", indent)


def _block(opening: str, parts: Sequence[str], closing: str, indent: int) -> str:
    if not parts:
        return opening + closing
    margin = "\n" + " " * (indent + 2)
    return f"{opening}{margin}{f',{margin}'.join(parts)}\n{' ' * indent}{closing}"


def _escaped(character: str) -> str:
    """Jinja reads string literals with Python's escapes, of which the longest names every character."""
    if character in _NAMED:
        return _NAMED[character]
    return character if " " <= character <= "~" else f"\\U{ord(character):08x}"
