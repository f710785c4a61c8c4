"""Usage as a spreadsheet takes it."""

import csv
import io

from armarius.client.accounts.usage import Usage, Used

COLUMNS = ("jobs", "runs", "gpu_hours", "cpu_hours", "wall_hours", "bytes_moved")


def as_csv(found: Usage) -> str:
    """Returns a line for each, after one with the names of the columns."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow((found.by, *COLUMNS))
    writer.writerows(_line(row) for row in found.rows)
    return stream.getvalue()


def _line(row: Used) -> tuple[str | int | float, ...]:
    hours = (round(seconds / 3600, 4) for seconds in (row.gpu_seconds, row.cpu_seconds, row.wall_seconds))
    return (_harmless(row.name), row.jobs, row.runs, *hours, row.bytes_moved)


def _harmless(name: str) -> str:
    """A spreadsheet would compute what begins like a formula, and people choose their names."""
    return f"'{name}" if name.startswith(("=", "+", "-", "@")) else name
