"""What somebody has used and is about to use, read within somebody's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.orm import Session

from armarius.client.accounts.names import Whose
from armarius.client.jobs.state import JobState
from armarius.client.journal.accounttables import UsageRow
from armarius.client.journal.tables import JobRow

_HOLDS_PLACE = and_(
    JobRow.id == UsageRow.job_id,
    JobRow.state_name.in_([state.value for state in JobState if state.holds_place]),
    UsageRow.latest,
)


@dataclass(frozen=True)
class Spent:
    """Seconds x GPUs and seconds x CPUs.

    Attributes:
        gpu: What is known to be used.
        cpu: Likewise.
        gpu_ahead: What runs now may use besides, until its walltimes end.
        cpu_ahead: Likewise.
    """

    gpu: float
    cpu: float
    gpu_ahead: float
    cpu_ahead: float


def spent(session: Session, whose: Whose, name: str, since: float, without: str = "") -> Spent:
    """Sums up what somebody has used.

    Args:
        session: Of the journal.
        whose: Whether a user, a project or an institution is meant.
        name: Which.
        since: Runs count that ended, or were last heard of, at this time or later; those that run always do.
        without: A job whose run to come is not counted.
    """
    theirs = getattr(UsageRow, whose) == name
    sums = select(func.sum(UsageRow.gpu_seconds), func.sum(UsageRow.cpu_seconds)).where(theirs, UsageRow.seen >= since)
    gpu, cpu = session.execute(sums).one()
    under_way = running(session, theirs, UsageRow.job_id != without)
    ahead = [(max(0.0, (row.walltime or 0.0) - row.seconds), row) for row in under_way]
    return Spent(
        gpu or 0.0,
        cpu or 0.0,
        sum(seconds * row.gpus for seconds, row in ahead),
        sum(seconds * row.cpus for seconds, row in ahead),
    )


def running(session: Session, *conditions: ColumnElement[bool]) -> Sequence[UsageRow]:
    """Returns the runs that have a place on a site and have not ended, as far as is known."""
    rows = select(UsageRow).join(JobRow, _HOLDS_PLACE).where(UsageRow.reported.is_(False), *conditions)
    return session.scalars(rows).all()


def jobs_at_once(session: Session, *conditions: ColumnElement[bool], without: str) -> int:
    """Counts the jobs that have a place on a site; between two of its runs a job keeps it.

    Args:
        session: Of the journal.
        conditions: Which.
        without: A job that does not count: it is its own turn.
    """
    count = select(func.count()).select_from(UsageRow).join(JobRow, _HOLDS_PLACE)
    return session.scalars(count.where(UsageRow.job_id != without, *conditions)).one()
