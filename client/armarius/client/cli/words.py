"""Putting figures into words."""

from datetime import datetime


def percent(share: float | None) -> str:
    """Writes 0.9134 as "91.3 %"."""
    return "-" if share is None else f"{100 * share:.1f} %"


def duration(seconds: float | None) -> str:
    """Writes 3725 as "1 h 2 min"."""
    if seconds is None:
        return "-"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def size(count: float | None) -> str:
    """Writes bytes as "1.5 GB"."""
    if count is None:
        return "-"
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def moment(at: float) -> str:
    """Writes a time of day with its date, as this machine's zone has it."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def time_of_day(at: float) -> str:
    """Writes a time of day."""
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")
