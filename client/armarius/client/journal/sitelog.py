"""What the journal remembers of sites: how each is, how long runs waited there, how fast it computes and is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Engine, and_, case, func, or_, select, update
from sqlalchemy.orm import Session

from armarius.client.journal.reach import reading, rows, storable, writing
from armarius.client.journal.sitetables import CarriedRow, DecisionRow, SilenceRow, SiteRow, SpeedRow
from armarius.client.journal.tables import RunRow
from armarius.client.journal.witnesses import Begun, Witnesses
from armarius.functions.contracts import SiteReport, Task

UNSEEN = 900.0
"""Seconds without a look after which nobody knows whether a site was silent all the time: the pool was not running."""

REPORTS = 10
"""Of whole reports, which are long."""

KEPT = 30
"""Of waits, speeds and transfers the newest that count: what was long ago says little."""

_TASKS = tuple(task.value for task in Task if task.is_of_pages)


@dataclass(frozen=True)
class Load:
    """What the pool itself has at a site.

    Attributes:
        waiting: Runs that have not begun.
        waiting_seconds: What they will compute, as it was reckoned.
        running: Runs that have begun and not ended.
        running_seconds: What is left of them, as it was reckoned.
    """

    waiting: int = 0
    waiting_seconds: float = 0.0
    running: int = 0
    running_seconds: float = 0.0

    def and_more(self, runs: int, seconds: float) -> "Load":
        """Returns it with some more runs that wait, of so many seconds each."""
        return Load(self.waiting + runs, self.waiting_seconds + runs * seconds, self.running, self.running_seconds)

    def without_one(self, seconds: float) -> "Load":
        """Returns it with one run less that waits."""
        waiting = max(0, self.waiting - 1)
        return Load(waiting, max(0.0, self.waiting_seconds - seconds), self.running, self.running_seconds)


class SiteLog:
    """The part of the journal by which sites are compared.

    None of it needs a job's lease: it says what was seen, whoever saw it.

    Args:
        engine: The journal's.
        witnesses: Who is told.
    """

    def __init__(self, engine: Engine, witnesses: Witnesses) -> None:
        self._engine = engine
        self._witnesses = witnesses

    # How a site is -------------------------------------------------------------------------------------------

    def read(self, name: str) -> SiteRow | None:
        """Reads what was last heard of a site."""
        with reading(self._engine) as session:
            return session.get(SiteRow, name)

    def all(self) -> dict[str, SiteRow]:
        """Reads what was last heard of all sites that were ever asked, by their names."""
        with reading(self._engine) as session:
            return {row.name: row for row in session.scalars(select(SiteRow))}

    def answered(self, name: str, report: SiteReport, now: float) -> SiteRow:
        """Notes a site's answer."""
        told = report.model_copy(update={"missing": ()}).model_dump(mode="json")
        return self._merge(SiteRow(name=name, tried=now, heard=now, silent=None, trouble="", report_json=told), now)

    def did_not_answer(self, name: str, trouble: str, now: float) -> SiteRow:
        """Notes that a site did not answer; since when, is kept, unless nobody asked it for a while."""
        before = self.read(name) or SiteRow(name=name, tried=now, heard=0.0)
        gap = not 0 <= now - before.tried <= UNSEEN
        silent = now if before.silent is None or gap else before.silent
        row = SiteRow(name=name, tried=now, heard=before.heard, silent=silent, trouble=storable(trouble))
        row.report_json = before.report_json
        return self._merge(row, before.tried if gap else now)

    def contact(self, name: str, now: float) -> None:
        """Notes when a site last answered, though it was not asked how it is."""
        with writing(self._engine) as session:
            if not rows(session.execute(update(SiteRow).where(SiteRow.name == name).values(heard=now))):
                session.merge(SiteRow(name=name, tried=0.0, heard=now))

    def is_back(self, name: str, now: float) -> None:
        """Notes that a site that was silent has answered, whatever it was asked."""
        back = update(SiteRow).where(SiteRow.name == name, SiteRow.silent.is_not(None))
        with writing(self._engine) as session:
            if rows(session.execute(back.values(silent=None, trouble="", heard=now))):
                _break_silence(session, name, now)

    def silences(self, site: str, since: float) -> Sequence[SilenceRow]:
        """Reads when a site did not answer, of the times that ended after some moment or last still."""
        query = select(SilenceRow).where(
            SilenceRow.site == site, or_(SilenceRow.until.is_(None), SilenceRow.until >= since)
        )
        with reading(self._engine) as session:
            return session.scalars(query.order_by(SilenceRow.since)).all()

    # What is measured ----------------------------------------------------------------------------------------

    def computed(self, site: str, shape: str, kind: str, architecture: str, speed: float, now: float) -> None:
        """Notes how fast a site computed, in seconds per pixel."""
        with writing(self._engine) as session:
            session.add(
                SpeedRow(at=now, site=site, shape=shape, kind=kind, architecture=architecture, seconds_per_pixel=speed)
            )

    def speeds(self, site: str, kind: str) -> Sequence[SpeedRow]:
        """Reads the newest speeds of a site, newest first."""
        query = select(SpeedRow).where(SpeedRow.site == site, SpeedRow.kind == kind)
        with reading(self._engine) as session:
            return session.scalars(query.order_by(SpeedRow.id.desc()).limit(KEPT)).all()

    def measured(self, site: str) -> list[SpeedRow]:
        """Reads the newest speeds of a site for each shape and kind of model, newest first."""
        what = (SpeedRow.shape, SpeedRow.kind)
        place = func.row_number().over(partition_by=what, order_by=SpeedRow.id.desc()).label("place")
        newest = select(SpeedRow.id, place).where(SpeedRow.site == site).subquery()
        query = select(SpeedRow).join(newest, newest.c.id == SpeedRow.id).where(newest.c.place <= KEPT)
        with reading(self._engine) as session:
            return list(session.scalars(query.order_by(SpeedRow.id.desc())))

    def carried(self, site: str, size: int, seconds: float, now: float) -> None:
        """Notes how long a transfer of so many bytes took."""
        with writing(self._engine) as session:
            session.add(CarriedRow(at=now, site=site, size=size, seconds=seconds))

    def transfers(self, site: str) -> Sequence[CarriedRow]:
        """Reads the newest transfers to a site."""
        query = select(CarriedRow).where(CarriedRow.site == site).order_by(CarriedRow.id.desc()).limit(KEPT)
        with reading(self._engine) as session:
            return session.scalars(query).all()

    def waits(self, site: str) -> list[tuple[float | None, float]]:
        """Reads how long the newest runs waited at a site, of those that had not to wait for the pool's own.

        Returns:
            For each the scheduler's estimate, if there was one, and the seconds from hand-over to its begin.
        """
        query = (
            select(DecisionRow.queue, DecisionRow.begun - DecisionRow.submitted)
            .where(DecisionRow.site == site, DecisionRow.begun.is_not(None), DecisionRow.submitted.is_not(None))
            .where(DecisionRow.own == 0)
            .order_by(DecisionRow.begun.desc())
            .limit(KEPT)
        )
        with reading(self._engine) as session:
            return [(estimate, max(0.0, waited or 0.0)) for estimate, waited in session.execute(query)]

    def ended_runs(self, site: str, kind: str) -> list[RunRow]:
        """Reads the newest runs of a site that trained a kind of model, or worked on pages, and told of their ends.

        Args:
            site: Its name.
            kind: Of model, or the task that works on pages.
        """
        query = (
            select(RunRow)
            .join(DecisionRow, DecisionRow.run_id == RunRow.id)
            .where(DecisionRow.site == site, DecisionRow.begun.is_not(None), DecisionRow.ended)
            .where(_is_of(kind))
            .order_by(DecisionRow.begun.desc())
            .limit(REPORTS)
        )
        with reading(self._engine) as session:
            return [run for run in session.scalars(query) if run.report_json]

    # Runs at a site ------------------------------------------------------------------------------------------

    def decision(self, run_id: str) -> DecisionRow | None:
        """Reads why a run went to its site."""
        with reading(self._engine) as session:
            return session.get(DecisionRow, run_id)

    def handed_over(self, run_id: str, now: float) -> None:
        """Notes when a run was first handed over."""
        self._note(run_id, DecisionRow.submitted.is_(None), submitted=now)

    def begun(self, run_id: str, now: float) -> None:
        """Notes when the first sign of a run was heard."""
        if self._note(run_id, DecisionRow.begun.is_(None), begun=now) and (row := self.decision(run_id)) is not None:
            waited = max(0.0, now - (row.submitted or now))
            self._witnesses.tell(Begun(run_id, row.site, now, waited))

    def begun_by_report(self, run_id: str, started: float) -> None:
        """Notes when a run began by its own report, which is before its first sign; unless the clocks differ."""
        self._note(run_id, and_(DecisionRow.submitted <= started, DecisionRow.begun >= started), begun=started)

    def ended(self, run_id: str) -> None:
        """Notes that a run takes no place at its site any more."""
        self._note(run_id, DecisionRow.ended.is_(False), ended=True)

    def loads(self, now: float) -> dict[str, Load]:
        """Adds up what the pool has at each site.

        What has run for longer than was reckoned is expected to run for as long again: nothing better is known of it.
        """
        waits = DecisionRow.begun.is_(None)
        run = now - DecisionRow.begun
        left = DecisionRow.work - run
        query = (
            select(
                DecisionRow.site,
                func.sum(case((waits, 1), else_=0)),
                func.sum(case((waits, DecisionRow.work), else_=0.0)),
                func.sum(case((waits, 0), else_=1)),
                func.sum(case((waits, 0.0), (left > 0, left), else_=run)),
            )
            .where(DecisionRow.ended.is_(False))
            .group_by(DecisionRow.site)
        )
        with reading(self._engine) as session:
            return {
                site: Load(int(waiting), float(seconds), int(running), float(rest))
                for site, waiting, seconds, running, rest in session.execute(query)
            }

    # -----------------------------------------------------------------------------------------------------------

    def _note(self, run_id: str, condition: Any, **values: Any) -> bool:
        with writing(self._engine) as session:
            change = update(DecisionRow).where(DecisionRow.run_id == run_id, condition).values(**values)
            return rows(session.execute(change)) == 1

    def _merge(self, row: SiteRow, broken: float) -> SiteRow:
        """Writes how a site is; a silence that is not this one ended at that moment."""
        with writing(self._engine) as session:
            _break_silence(session, row.name, broken, other_than=row.silent)
            if row.silent is not None and not _is_noted(session, row.name, row.silent):
                session.add(SilenceRow(site=row.name, since=row.silent, trouble=row.trouble))
            return session.merge(row)


def _is_of(kind: str) -> ColumnElement[bool]:
    """The condition that a run trained a kind of model, or did a task with pages."""
    task = RunRow.spec_json["task"].as_string()
    if kind in _TASKS:
        return and_(task == kind)
    return and_(task.not_in(_TASKS), RunRow.spec_json["parameters"]["kind"].as_string() == kind)


def _is_noted(session: Session, site: str, since: float) -> bool:
    return session.scalar(select(SilenceRow.id).where(SilenceRow.site == site, SilenceRow.since == since)) is not None


def _break_silence(session: Session, site: str, at: float, *, other_than: float | None = None) -> None:
    lasting = update(SilenceRow).where(SilenceRow.site == site, SilenceRow.until.is_(None))
    if other_than is not None:
        lasting = lasting.where(SilenceRow.since != other_than)
    session.execute(lasting.values(until=at))
