"""What the journal remembers of sites: how each is, how long runs waited there, how fast it computes and is reached."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, case, func, select, update

from armarius.client.journal.reach import reading, storable, writing
from armarius.client.journal.sitetables import CarriedRow, DecisionRow, SiteRow, SpeedRow
from armarius.client.journal.tables import RunRow
from armarius.functions.contracts import SiteReport

UNSEEN = 900.0
"""Seconds without a look after which nobody knows whether a site was silent all the time: the pool was not running."""

REPORTS = 10
"""Of whole reports, which are long."""

KEPT = 30
"""Of waits, speeds and transfers the newest that count: what was long ago says little."""


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


class SiteLog:
    """The part of the journal by which sites are compared.

    None of it needs a job's lease: it says what was seen, whoever saw it.

    Args:
        engine: The journal's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # How a site is -------------------------------------------------------------------------------------------

    def read(self, name: str) -> SiteRow | None:
        """Reads what was last heard of a site."""
        with reading(self._engine) as session:
            return session.get(SiteRow, name)

    def answered(self, name: str, report: SiteReport, now: float) -> SiteRow:
        """Notes a site's answer."""
        told = report.model_copy(update={"missing": ()}).model_dump(mode="json")
        return self._merge(SiteRow(name=name, tried=now, heard=now, silent=None, trouble="", report_json=told))

    def did_not_answer(self, name: str, trouble: str, now: float) -> SiteRow:
        """Notes that a site did not answer; since when, is kept, unless nobody asked it for a while."""
        before = self.read(name) or SiteRow(name=name, tried=now, heard=0.0)
        gap = not 0 <= now - before.tried <= UNSEEN
        silent = now if before.silent is None or gap else before.silent
        row = SiteRow(name=name, tried=now, heard=before.heard, silent=silent, trouble=storable(trouble))
        row.report_json = before.report_json
        return self._merge(row)

    def is_back(self, name: str, now: float) -> None:
        """Notes that a site that was silent has answered, whatever it was asked."""
        back = update(SiteRow).where(SiteRow.name == name, SiteRow.silent.is_not(None))
        with writing(self._engine) as session:
            session.execute(back.values(silent=None, trouble="", heard=now))

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
            For each the scheduler's estimate, if there was one, and the seconds from hand-over to its first sign.
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

    def ended_runs(self, site: str, kind: str) -> list[tuple[RunRow, float]]:
        """Reads the newest runs of a site that trained a kind of model and told of their ends.

        Returns:
            Each with the moment in which its first sign of life was heard.
        """
        query = (
            select(RunRow, DecisionRow.begun)
            .join(DecisionRow, DecisionRow.run_id == RunRow.id)
            .where(DecisionRow.site == site, DecisionRow.begun.is_not(None), DecisionRow.ended)
            .where(RunRow.spec_json["parameters"]["kind"].as_string() == kind)
            .order_by(DecisionRow.begun.desc())
            .limit(REPORTS)
        )
        with reading(self._engine) as session:
            return [(run, begun) for run, begun in session.execute(query) if run.report_json and begun is not None]

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
        self._note(run_id, DecisionRow.begun.is_(None), begun=now)

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

    def _note(self, run_id: str, condition: Any, **values: Any) -> None:
        with writing(self._engine) as session:
            session.execute(update(DecisionRow).where(DecisionRow.run_id == run_id, condition).values(**values))

    def _merge(self, row: SiteRow) -> SiteRow:
        with writing(self._engine) as session:
            return session.merge(row)
