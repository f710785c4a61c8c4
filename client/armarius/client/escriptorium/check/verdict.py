"""What is found of one thing."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

Mark = Literal["ok", "note", "wrong"]


@dataclass(frozen=True)
class Verdict:
    """What is found of one thing.

    Attributes:
        name: Of the thing.
        mark: Whether it is as it must be; a note says what may be meant so.
        said: What is there.
        step: What to do about it.
    """

    name: str
    mark: Mark
    said: str
    step: str = ""


def safely(name: str, look: Callable[[], Iterator[Verdict]], step: str = "") -> Iterator[Verdict]:
    """Turns whatever goes wrong while something is looked at into a verdict: the rest is looked at all the same."""
    try:
        yield from look()
    except Exception as error:
        yield Verdict(name, "wrong", f"{type(error).__name__}: {error}", step)
