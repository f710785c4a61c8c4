"""The states a job went through, and how long each took."""

from dataclasses import dataclass
from itertools import zip_longest

from armarius.client.report.facts import Facts, Status

NARROWEST = 0.006
"""The least share of the bar, so that even a moment can be seen."""


@dataclass(frozen=True)
class Stay:
    """A time spent in one state.

    Attributes:
        at: Seconds since 1970.
        seconds: None where it lasts, or is the end.
        left: Where it begins in the bar, 0..1.
        width: Its share of the bar.
    """

    state: str
    message: str
    at: float
    seconds: float | None
    left: float = 0.0
    width: float = 0.0


def timeline(facts: Facts) -> tuple[Stay, ...]:
    """Returns the job's states in order."""
    events = facts.events
    stays = []
    for event, following in zip_longest(events, events[1:]):
        seconds = following.at - event.at if following else _lasting(facts, event.at)
        stays.append(Stay(event.state.value, event.message or "", event.at, seconds))
    return _placed(stays)


def _lasting(facts: Facts, since: float) -> float | None:
    """The last state lasts until now, unless it is the end."""
    over = facts.state.final or facts.status is Status.DONE
    return None if over else max(0.0, facts.as_of - since)


def _placed(stays: list[Stay]) -> tuple[Stay, ...]:
    whole = sum(max(0.0, stay.seconds) for stay in stays if stay.seconds is not None)
    widths = [_width(stay, whole) for stay in stays]
    scale = 1 / sum(widths) if sum(widths) else 0.0
    placed, left = [], 0.0
    for stay, width in zip(stays, widths, strict=True):
        placed.append(Stay(stay.state, stay.message, stay.at, stay.seconds, left, width * scale))
        left += width * scale
    return tuple(placed)


def _width(stay: Stay, whole: float) -> float:
    if stay.seconds is None:
        return 0.0
    return max(NARROWEST, stay.seconds / whole) if whole > 0 else 1.0
