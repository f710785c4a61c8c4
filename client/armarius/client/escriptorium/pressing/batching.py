"""Which tasks become one job: those that were pressed together."""

from collections.abc import Sequence

from armarius.client.escriptorium.record import Phase, PressedRow

QUIET_SECONDS = 3.0
"""After the last task of its kind: those of one button are sent, and taken, one after the other."""

PATIENCE_SECONDS = 60.0
"""After the first: then it begins with what is there, however many more may come."""

Batch = tuple[PressedRow, ...]


def batches(rows: Sequence[PressedRow], now: float, most: int) -> list[Batch]:
    """Returns the tasks that begin now, each with those that are done with it.

    A page that an earlier task still works on is waited for: what is read on it are the lines that are being found.

    Args:
        rows: All that have not ended, oldest first.
        now: Seconds since 1970.
        most: How many pages a job does at most.
    """
    busy: set[int] = set()
    kinds: dict[str, list[PressedRow]] = {}
    for row in rows:
        if row.phase is Phase.ASKED and not row.job and row.holds and not busy.intersection(row.parts_json):
            kinds.setdefault(row.alike, []).append(row)
        if row.holds:
            busy.update(row.parts_json)
    return [batch for kind in kinds.values() for batch in _cut(kind, now, most)]


def held_up(rows: Sequence[PressedRow]) -> list[tuple[PressedRow, PressedRow]]:
    """Returns the tasks that wait for an earlier one that works on their page, each with that.

    Args:
        rows: All that have not ended, oldest first.
    """
    busy: dict[int, PressedRow] = {}
    found = []
    for row in rows:
        earlier = next((busy[part] for part in row.parts_json if part in busy), None)
        if row.holds and not row.job and earlier is not None:
            found.append((row, earlier))
        if row.holds:
            busy.update({part: row for part in row.parts_json if part not in busy})
    return found


def _cut(rows: list[PressedRow], now: float, most: int) -> list[Batch]:
    """Cuts tasks of one kind into jobs: full ones begin at once, what is left when no more come."""
    whole: list[list[PressedRow]] = [[]]
    pages = 0
    for row in rows:
        more = len(row.parts_json)
        if whole[-1] and pages + more > most:
            whole.append([])
            pages = 0
        whole[-1].append(row)
        pages += more
    *full, last = whole
    if now - last[-1].asked >= QUIET_SECONDS or now - last[0].asked >= PATIENCE_SECONDS or pages >= most:
        full.append(last)
    return [tuple(batch) for batch in full]
