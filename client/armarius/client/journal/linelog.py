"""Writing down which jobs wait for a place on which sites."""

from collections.abc import Set

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from armarius.client.journal.accounttables import LineRow
from armarius.client.journal.tables import JobRow

COUNTS_SECONDS = 150.0
"""How long a job counts in a line after its driver last said so: a driver may look at a job once a minute."""


def stands(session: Session, sites: Set[str], job_id: str, now: float) -> bool:
    """Tells whether a job stands in just the lines of some sites, and will for a while."""
    rows = session.scalars(select(LineRow).where(LineRow.job_id == job_id)).all()
    return {row.site for row in rows} == sites and all(_lasts(row, now) for row in rows)


def join(session: Session, sites: Set[str], job: JobRow, now: float) -> None:
    """Puts a job into the lines of some sites, and takes it out of all others."""
    leave(session, job.id)
    user, priority = whose(job)
    for site in sorted(sites):
        session.add(LineRow(job_id=job.id, site=site, user=user, priority=priority, since=job.created,
                            until=now + COUNTS_SECONDS))  # fmt: skip


def leave(session: Session, job_id: str) -> None:
    """Takes a job out of all lines."""
    session.execute(delete(LineRow).where(LineRow.job_id == job_id))


def whose(job: JobRow) -> tuple[str, int]:
    """Returns the user and the priority of a job, at less cost than its whole request."""
    return job.request_json.get("user", ""), job.request_json.get("priority", 0)


def _lasts(row: LineRow, now: float) -> bool:
    """More than that ahead, the clock was put back."""
    return now + COUNTS_SECONDS / 2 < row.until <= now + COUNTS_SECONDS
