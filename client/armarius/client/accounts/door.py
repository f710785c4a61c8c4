"""The door that a job passes on its way to a site: may it use more, is there room, is it its turn?"""

from collections.abc import Callable, Sequence

from sqlalchemy.orm import Session

from armarius.client.accounts.allowances import Held, held_back
from armarius.client.accounts.fairshare import standing
from armarius.client.accounts.line import no_room, rank
from armarius.client.config import AnySiteConfig
from armarius.client.errors import AllowanceUsedUp, HeldBack
from armarius.client.jobs.desk import Desk, SiteLink
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow, linelog
from armarius.client.journal.linelog import whose

_WANT_A_PLACE = (JobState.PACKED, JobState.WAITING)


def check_allowances(desk: Desk, job: JobRow) -> None:
    """Holds a job back that may use no more.

    Raises:
        HeldBack: It must wait; the message says until when.
        AllowanceUsedUp: It has not begun, and no day is near on which it may.
    """
    allowances = desk.accounts.for_(job.request.account)
    if not allowances:
        return
    with desk.journal.reading() as session:
        held = held_back(session, allowances, job.request.account, job.id, desk.clock.now())
    if held is not None:
        desk.journal.wait_for(job.id, (), desk.clock.now())
        raise _refused(held, job)


def with_room(desk: Desk, job: JobRow, links: Sequence[SiteLink]) -> list[SiteLink]:
    """Leaves, of the sites that could take a job, those that have a place for it now.

    If none has, it waits in the lines of all of them.

    Raises:
        HeldBack: That is so.
    """
    full = {link.config.name: why for link in links if (why := why_no_room(desk, job, link.config))}
    free = [link for link in links if link.config.name not in full]
    if full and not free:
        desk.journal.wait_for(job.id, full, desk.clock.now())
        raise HeldBack(" ".join(full.values()))
    return free


def why_no_room(desk: Desk, job: JobRow, site: AnySiteConfig) -> str | None:
    """Tells why a job has no place on a site now; None if it has. It changes nothing."""
    if site.max_jobs is None:
        return None
    with desk.journal.reading() as session:
        return no_room(session, site, job, desk.accounts.fair_share, desk.clock.now())


def admission(desk: Desk, job: JobRow, site: AnySiteConfig) -> Callable[[Session], None] | None:
    """Returns what is asked once more in the moment in which a run is opened; None where there is nothing to ask."""
    allowances = desk.accounts.for_(job.request.account)
    if not allowances and site.max_jobs is None:
        return None

    def admit(session: Session) -> None:
        now = desk.clock.now()
        held = held_back(session, allowances, job.request.account, job.id, now)
        if held is not None:
            raise _refused(held, job)
        if why := no_room(session, site, job, desk.accounts.fair_share, now):
            raise HeldBack(why)
        linelog.leave(session, job.id)

    return admit


def in_turn(desk: Desk, jobs: Sequence[JobRow]) -> list[JobRow]:
    """Returns jobs in the order in which to look at them.

    First come those that have a place, which they may be about to leave, and then those that want one.
    """
    waiting = [job for job in jobs if job.state in _WANT_A_PLACE]
    others = [job for job in jobs if job.state not in _WANT_A_PLACE]
    if len(waiting) > 1:
        with desk.journal.reading() as session:
            found = standing(session, desk.accounts.fair_share, desk.clock.now())
        waiting.sort(key=lambda job: rank(found, job.id, *whose(job), job.created))
    return others + waiting


def _refused(held: Held, job: JobRow) -> HeldBack | AllowanceUsedUp:
    """What has begun waits even where no day is known: it has a checkpoint to go on from."""
    if held.for_good and not job.runs:
        return AllowanceUsedUp(held.why, f"Then: armarius resume {job.id}")
    return HeldBack(held.why)
