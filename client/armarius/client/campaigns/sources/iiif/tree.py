"""Reading foreign JSON: whatever it holds, it is only data, and not too much of it."""

from collections.abc import Iterator
from typing import Any

from pydantic_core import from_json

from armarius.client.campaigns.errors import BadSource

LONGEST_LABEL = 300
DEEPEST_LABEL = 4


def read_tree(content: bytes, source: str) -> dict[str, Any]:
    """Reads a JSON object.

    The parser refuses what is nested more than 200 deep, and numbers of more than 4,300 digits.

    Raises:
        BadSource: It is none.
    """
    try:
        tree = from_json(content.removeprefix(b"\xef\xbb\xbf"), allow_inf_nan=False)
    except ValueError as error:
        raise BadSource(f"{source} is no JSON: {error}.", "Is this the address of the manifest itself?") from error
    if not isinstance(tree, dict):
        raise BadSource(f"{source} is JSON, but no manifest.")
    return tree


def objects(value: Any) -> Iterator[dict[str, Any]]:
    """Yields the objects of a list, or a single one that stands for a list of one."""
    for each in value if isinstance(value, list) else [value]:
        if isinstance(each, dict):
            yield each


def first(value: Any) -> dict[str, Any]:
    """Returns the first of them; an empty one where there is none."""
    return next(objects(value), {})


def id_of(value: dict[str, Any]) -> str:
    """Returns what an object is called, in the words of either version; empty without."""
    return next((name for key in ("id", "@id") if isinstance(name := value.get(key), str)), "")


def type_of(value: dict[str, Any]) -> str:
    """Returns what an object is, without a prefix such as "sc:"; empty where it does not say."""
    found = next((name for key in ("type", "@type") if isinstance(name := value.get(key), str)), "")
    return found.rpartition(":")[2]


def label_of(value: Any, deep: int = 0) -> str:
    """Returns the first text of a label: a text, a value with a language, a map of languages, or a list of these."""
    if isinstance(value, str):
        return value[:LONGEST_LABEL]
    if deep > DEEPEST_LABEL:
        return ""
    if isinstance(value, dict):
        value = [value["@value"]] if "@value" in value else list(value.values())
    if isinstance(value, list):
        return next((found for each in value[:20] if (found := label_of(each, deep + 1))), "")
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
