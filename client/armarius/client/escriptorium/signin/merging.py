"""Adding to a module of settings: what an eScriptorium has set stays."""

from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from armarius.client.escriptorium.signin.rules import Rules

Settings = MutableMapping[str, Any]
"""The names of a module of settings: there, ``globals()``."""

WAYS = "ARMARIUS_SIGN_IN"
"""The setting that says which ways there are, and whom each lets in."""

_PASSWORD = "django.contrib.auth.backends.ModelBackend"  # noqa: S105 - the name of a class
_BUTTONS = "armarius.client.escriptorium.signin.ways.buttons"


@dataclass(frozen=True)
class Way:
    """A way to sign in: what its button says, and whom it lets in."""

    title: str
    rules: Rules


def add(settings: Settings, name: str, *items: str) -> None:
    """Adds items to a list of settings, each once; a tuple stays a tuple."""
    before = settings.get(name, ())
    settings[name] = type(before)([*before, *(item for item in items if item not in before)])


def add_way(settings: Settings, name: str, backend: str, way: Way) -> None:
    """Adds a way to sign in, and its button to the sign-in page.

    Args:
        settings: Of the instance.
        name: Of the way.
        backend: The class that knows people.
        way: What it is like.
    """
    settings.setdefault("AUTHENTICATION_BACKENDS", [_PASSWORD])
    add(settings, "AUTHENTICATION_BACKENDS", backend)
    settings.setdefault(WAYS, {})[name] = way
    for engine in settings["TEMPLATES"][:1]:
        engine["DIRS"] = _first(str(Path(__file__).parent / "templates"), engine.get("DIRS", ()))
        options = engine.setdefault("OPTIONS", {})
        options["context_processors"] = _last(_BUTTONS, options.get("context_processors", ()))


def _first(item: str, others: Iterable[Any]) -> list[Any]:
    return [item, *(other for other in others if other != item)]


def _last(item: str, others: Iterable[Any]) -> list[Any]:
    return [*(other for other in others if other != item), item]
