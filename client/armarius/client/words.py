"""Figures as people read them, in text and in tables."""

from datetime import datetime, timezone

NOTHING = "–"


def percent(share: float | None) -> str:
    """Writes 0.9134 as "91.3 %"."""
    return NOTHING if share is None else f"{100 * share:.1f} %"


def exactly(share: float) -> str:
    """Writes 0.07384 as "7.38 %", where two figures may lie close together."""
    return f"{100 * share:.2f} %"


def between(least_and_most: tuple[float, float] | None) -> str:
    """Writes (0.069, 0.094) as "6.9 to 9.4 %"."""
    return NOTHING if least_and_most is None else f"{100 * least_and_most[0]:.1f} to {percent(least_and_most[1])}"


def rate(share: float, least_and_most: tuple[float, float] | None) -> str:
    """Writes an error rate with its range, if that is known: "8.1 % (6.9 to 9.4 %)"."""
    return percent(share) if least_and_most is None else f"{percent(share)} ({between(least_and_most)})"


def duration(seconds: float | None) -> str:
    """Writes 252 as "4 min 12 s"; below ten seconds with a decimal, above an hour without seconds."""
    if seconds is None:
        return NOTHING
    if round(seconds, 1) < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min")) if hours else ((minutes, "min"), (rest, "s"))
    return " ".join(f"{amount} {unit}" for amount, unit in parts if amount)


def size(count: float | None) -> str:
    """Writes bytes as "2.9 GB"."""
    if count is None:
        return NOTHING
    for unit, bytes_ in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if count >= bytes_:
            return f"{count / bytes_:.1f} {unit}"
    return f"{count:.0f} B"


def count(number: int, one: str, many: str = "") -> str:
    """Writes 3 and "line" as "3 lines"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def moment(at: float) -> str:
    """Writes seconds since 1970 as a date with its time, in universal time: the reader may be anywhere."""
    return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%d %H:%M:%S UTC")


def time_of_day(at: float) -> str:
    """Writes the time of day where this machine is: the reader sits before it."""
    return datetime.fromtimestamp(at).astimezone().strftime("%H:%M:%S")


def ending(seen: float, least: float, most: float) -> str:
    """Writes when something ends, by the clock of this machine: "ends about 14:05 to 14:40".

    Args:
        seen: Seconds since 1970 when that was foretold; another day is named.
        least: Seconds from then to the earliest end.
        most: To the latest.
    """
    early, late = (_clock(seen + seconds, seen) for seconds in (least, most))
    return f"ends about {late}" if early == late else f"ends about {early} to {late}"


def _clock(at: float, today: float) -> str:
    then, now = (datetime.fromtimestamp(each).astimezone() for each in (at, today))
    return then.strftime("%H:%M" if then.date() == now.date() else "%Y-%m-%d %H:%M")


def local_moment(at: float) -> str:
    """Writes a date with its time where this machine is."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M")


def local_second(at: float) -> str:
    """Writes the same with its seconds."""
    return datetime.fromtimestamp(at).astimezone().strftime("%Y-%m-%d %H:%M:%S")
