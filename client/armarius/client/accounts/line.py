"""Who waits for a place on a site that is full, and who of them comes first."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from armarius.client.accounts.fairshare import Standing, standing
from armarius.client.accounts.spent import jobs_at_once
from armarius.client.config import AnySiteConfig
from armarius.client.config.accounts import FairShare
from armarius.client.jobs.places import site_of
from armarius.client.journal.accounttables import LineRow, UsageRow
from armarius.client.journal.linelog import whose
from armarius.client.journal.tables import JobRow


def no_room(session: Session, site: AnySiteConfig, job: JobRow, rules: FairShare, now: float) -> str:
    """Tells why a job has no place on a site now, as the rest of a sentence; nothing if it has one.

    Args:
        session: Of the journal. In the transaction that opens the run, two drivers cannot both take the last place.
        site: The site.
        job: The job. It keeps a place that it has.
        rules: Whose turn it is.
        now: Seconds since 1970.
    """
    if site.limit is None or _is_there(job, site.name):
        return ""
    places = site.limit - jobs_at_once(session, UsageRow.site == site.name, without=job.id)
    if places > 0 and before(session, site.name, job, rules, now) < places:
        return ""
    most = "one job" if site.limit == 1 else f"{site.limit} jobs"
    return f"takes {most} of this pool at once; this one waits its turn"


def rank(found: Standing, job_id: str, user: str, priority: int, since: float) -> tuple[int, float, float, str]:
    """Returns what those who wait are sorted by: the least comes first."""
    return (-priority, found.burden(user), since, job_id)


def _is_there(job: JobRow, site: str) -> bool:
    return job.state.holds_place and job.run is not None and site_of(job.run.site) == site


def before(session: Session, site: str, job: JobRow, rules: FairShare, now: float) -> int:
    """Counts those in the line of a site that come before a job."""
    line = select(LineRow).where(LineRow.site == site, LineRow.job_id != job.id, LineRow.until > now)
    others = session.scalars(line).all()
    if not others:
        return 0
    found = standing(session, rules, now)
    mine = rank(found, job.id, *whose(job), job.created)
    return sum(rank(found, each.job_id, each.user, each.priority, each.since) < mine for each in others)
