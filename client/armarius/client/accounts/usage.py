"""Who used what where: sums over runs, for people and programs."""

from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from sqlalchemy import ColumnElement, Select, distinct, func, literal, select
from sqlalchemy.orm import aliased

from armarius.client.journal import Journal, TransferRow
from armarius.client.journal.accounttables import UsageRow

By = Literal["user", "project", "institution", "site"]
WAYS: tuple[By, ...] = get_args(By)


@dataclass(frozen=True)
class Used:
    """What somebody used, or what was used on a site.

    Attributes:
        name: Whose, or of which site; empty where nobody was named.
        jobs: That had at least one run in the time; one that moved counts on each of its sites.
        runs: Attempts.
        wall_seconds: Of all runs together.
        cpu_seconds: Seconds x CPUs.
        gpu_seconds: Seconds x GPUs.
        bytes_moved: There and back.
    """

    name: str
    jobs: int
    runs: int
    wall_seconds: float
    cpu_seconds: float
    gpu_seconds: float
    bytes_moved: int

    @property
    def cpu_hours(self) -> float:
        """Hours x CPUs."""
        return self.cpu_seconds / 3600

    @property
    def gpu_hours(self) -> float:
        """Hours x GPUs."""
        return self.gpu_seconds / 3600


@dataclass(frozen=True)
class Usage:
    """Who used what, or what was used where.

    Attributes:
        by: Of what there is a line each.
        rows: The one who used most comes first.
        total: All together.
        since: From when, in seconds since 1970; None for from the beginning.
        until: Until when, likewise.
    """

    by: By
    rows: tuple[Used, ...]
    total: Used
    since: float | None = None
    until: float | None = None

    def as_json(self) -> dict[str, Any]:
        """Returns the same as JSON."""
        return asdict(self)


def usage(journal: Journal, by: By = "user", since: float | None = None, until: float | None = None) -> Usage:
    """Sums up what runs used, from their reports; of one that has none (yet) what is known by its progress.

    A run counts as a whole, in the moment of its end; one that has not ended, when it was last heard of.

    Args:
        journal: Of the pool.
        by: Of what to make a line each.
        since: From when, in seconds since 1970; None for from the beginning.
        until: Runs that ended at this time or later are left out; None for until now.
    """
    span = _within(since, until)
    name: ColumnElement[str] = getattr(UsageRow, by)
    with journal.reading() as session:
        rows = [Used(*row) for row in session.execute(_sums(name).where(*span).group_by(name))]
        total = Used(*session.execute(_sums(literal("")).where(*span)).one())
    rows.sort(key=lambda row: (-row.gpu_seconds, -row.cpu_seconds, row.name))
    return Usage(by, tuple(rows), total, since, until)


def _within(since: float | None, until: float | None) -> list[ColumnElement[bool]]:
    bounds = (None if since is None else UsageRow.seen >= since, None if until is None else UsageRow.seen < until)
    return [bound for bound in bounds if bound is not None]


def _sums(name: ColumnElement[Any]) -> Select[Any]:
    """Transfers are known by the names of their runs; files of epochs are counted with the run."""
    sent, fetched = aliased(TransferRow), aliased(TransferRow)
    moved = UsageRow.epoch_bytes + func.coalesce(sent.moved, 0) + func.coalesce(fetched.moved, 0)
    return (
        select(
            name,
            func.count(distinct(UsageRow.job_id)),
            func.count(),
            func.coalesce(func.sum(UsageRow.seconds), 0.0),
            func.coalesce(func.sum(UsageRow.cpu_seconds), 0.0),
            func.coalesce(func.sum(UsageRow.gpu_seconds), 0.0),
            func.coalesce(func.sum(moved), 0),
        )
        .select_from(UsageRow)
        .outerjoin(sent, sent.name == UsageRow.run_id + "-in")
        .outerjoin(fetched, fetched.name == UsageRow.run_id + "-out")
    )
