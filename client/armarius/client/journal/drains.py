"""Which sites take nothing new, since when, until when, and whether what they have shall leave them.

A drain is a fact of the journal: every process that drives jobs of this journal reads it, whoever wrote it down.
"""

from dataclasses import dataclass

from sqlalchemy import Engine, String, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from armarius.client.journal.reach import reading, rows, writing
from armarius.client.journal.tables import Base


class DrainRow(Base):
    """A site that is drained, or will be.

    Attributes:
        by: Who says so.
        at: When they did, in seconds since 1970 as all times here.
        begins: From when on.
        ends: Until when; None for until somebody takes it back.
        empties: Whether what the site has leaves it, too.
    """

    __tablename__ = "drain"
    site: Mapped[str] = mapped_column(String(80), primary_key=True)
    by: Mapped[str] = mapped_column(String(200))
    at: Mapped[float]
    begins: Mapped[float]
    ends: Mapped[float | None] = mapped_column(default=None)
    empties: Mapped[bool] = mapped_column(default=False)


@dataclass(frozen=True)
class Drain:
    """A time in which a site takes nothing new; for its attributes see :class:`DrainRow`."""

    site: str
    by: str
    at: float
    begins: float
    ends: float | None = None
    empties: bool = False

    def holds(self, now: float) -> bool:
        """Tells whether the site is drained at a moment."""
        return self.begins <= now and not self.is_over(now)

    def is_ahead(self, now: float) -> bool:
        """Tells whether the site will be drained."""
        return now < self.begins

    def is_over(self, now: float) -> bool:
        """Tells whether the site is drained no more."""
        return self.ends is not None and self.ends <= now

    def is_emptying(self, now: float) -> bool:
        """Tells whether what the site has shall leave it at a moment."""
        return self.empties and self.holds(now)


class DrainLog:
    """The part of the journal about drained sites.

    Args:
        engine: The journal's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def all(self) -> dict[str, Drain]:
        """Reads every drain by its site, those that are over or ahead included."""
        with reading(self._engine) as session:
            return {row.site: _drain(row) for row in session.scalars(select(DrainRow).order_by(DrainRow.site))}

    def drained(self, now: float) -> frozenset[str]:
        """Returns the names of the sites that are drained now."""
        return frozenset(name for name, drain in self.all().items() if drain.holds(now))

    def drain(self, drain: Drain) -> None:
        """Writes down that a site is drained, or will be; what was said of it before counts no more."""
        with writing(self._engine) as session:
            session.merge(DrainRow(**vars(drain)))

    def undrain(self, site: str) -> bool:
        """Lets a site take new runs again, and what it has stay; tells whether it was or would have been drained."""
        with writing(self._engine) as session:
            return rows(session.execute(delete(DrainRow).where(DrainRow.site == site))) == 1


def _drain(row: DrainRow) -> Drain:
    return Drain(row.site, row.by, row.at, row.begins, row.ends, row.empties)


FRESH_SECONDS = 1.0


class KnownDrains:
    """The drains as one driver knows them: read once a second, however many jobs ask."""

    def __init__(self) -> None:
        self._known: dict[str, Drain] = {}
        self._read = float("-inf")

    def of(self, log: DrainLog, site: str, now: float) -> Drain | None:
        """Returns the drain of a site that is not over; None if there is none.

        Args:
            log: Where they are written.
            site: Its name.
            now: Seconds since 1970.
        """
        if not 0 <= now - self._read < FRESH_SECONDS:
            self._known, self._read = log.all(), now
        found = self._known.get(site)
        return None if found is None or found.is_over(now) else found
