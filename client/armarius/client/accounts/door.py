"""The door that a job passes on its way to a site: may it use more, is there room, is it its turn?"""

from collections.abc import Callable, Sequence
from typing import Protocol

from sqlalchemy.orm import Session

from armarius.client.accounts.allowances import Held, held_back
from armarius.client.accounts.fairshare import standing
from armarius.client.accounts.line import before, no_room, rank
from armarius.client.config import AnySiteConfig
from armarius.client.errors import AllowanceUsedUp, HeldBack
from armarius.client.jobs.desk import Desk
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


class HasConfig(Protocol):
    """A site, in whatever is known of it."""

    @property
    def config(self) -> AnySiteConfig:
        """Its file."""


class Room:
    """A rule of placement: a site must have a place for the job. It is asked last, of sites that all else allows.

    Args:
        desk: The journal, the sites and the time.
        job: The job.
    """

    def __init__(self, desk: Desk, job: JobRow) -> None:
        self._desk = desk
        self._job = job
        self._full: dict[str, str] = {}

    def __call__(self, _wish: object, site: HasConfig) -> str:
        """Returns why the job has no place there now, as the rest of a sentence; nothing if it has. Changes nothing."""
        why = self._why_not(site.config)
        if why:
            self._full[site.config.name] = why
        return why

    def ahead(self, site: str) -> int | None:
        """Returns how many wait before the job for a place at a site that was found full; None of any other."""
        if site not in self._full:
            return None
        with self._desk.journal.reading() as session:
            return before(session, site, self._job, self._desk.accounts.fair_share, self._desk.clock.now())

    def wait(self) -> None:
        """Lets the job wait in the lines of all sites that had no place for it, if there were any.

        Raises:
            HeldBack: There were.
        """
        if self._full:
            self._desk.journal.wait_for(self._job.id, self._full, self._desk.clock.now())
            raise HeldBack(" ".join(f"{name} {why}." for name, why in self._full.items()))

    def _why_not(self, site: AnySiteConfig) -> str:
        if site.limit is None:
            return ""
        with self._desk.journal.reading() as session:
            return no_room(session, site, self._job, self._desk.accounts.fair_share, self._desk.clock.now())


def admission(desk: Desk, job: JobRow, site: AnySiteConfig) -> Callable[[Session], None] | None:
    """Returns what is asked once more in the moment in which a run is opened; None where there is nothing to ask."""
    allowances = desk.accounts.for_(job.request.account)
    if not allowances and site.limit is None:
        return None

    def admit(session: Session) -> None:
        now = desk.clock.now()
        held = held_back(session, allowances, job.request.account, job.id, now)
        if held is not None:
            raise _refused(held, job)
        if why := no_room(session, site, job, desk.accounts.fair_share, now):
            raise HeldBack(f"{site.name} {why}.")
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
