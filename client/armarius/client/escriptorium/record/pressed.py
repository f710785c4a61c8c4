"""Reading and writing what is remembered of tasks that segment and transcribe pages."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Engine, delete, select, update
from sqlalchemy.exc import IntegrityError

from armarius.client.escriptorium.record.asked import Asked
from armarius.client.escriptorium.record.tables import Phase, PressedRow
from armarius.client.journal.reach import reading, writing


class PressedBook:
    """The part of the ledger that is about work on pages.

    Args:
        engine: The ledger's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def find(self, task_id: str) -> PressedRow | None:
        """Returns what a Celery task asked for, if it was written down."""
        with reading(self._engine) as session:
            return session.get(PressedRow, task_id)

    def open_ones(self) -> Sequence[PressedRow]:
        """Returns all whose end was not told yet, oldest first."""
        query = select(PressedRow).where(PressedRow.phase_name != Phase.ENDED.value)
        with reading(self._engine) as session:
            return session.scalars(query.order_by(PressedRow.asked, PressedRow.task_id)).all()

    def has_ended(self, job: str) -> bool:
        """Tells whether the end of any task of a job was told."""
        query = select(PressedRow.task_id).where(PressedRow.job == job, PressedRow.phase_name == Phase.ENDED.value)
        with reading(self._engine) as session:
            return session.scalar(query.limit(1)) is not None

    def write_down(self, asked: Asked, parts: Sequence[int], alike: str, now: float) -> PressedRow | None:
        """Writes a task down, once.

        Args:
            asked: What was asked.
            parts: Primary keys of its pages.
            alike: What it has in common with the tasks that one job can do with it.
            now: Seconds since 1970.

        Returns:
            What was there already; None if it is new.
        """
        if (known := self.find(asked.task_id)) is not None:
            return known
        row = PressedRow(
            task_id=asked.task_id,
            task=asked.task,
            arguments_json=asked.arguments,
            parts_json=list(parts),
            alike=alike,
            user=asked.user,
            asked=now,
            phase_name=Phase.ASKED.value,
        )
        try:
            with writing(self._engine) as session:
                session.add(row)
        except IntegrityError:  # the same message, taken twice at the same moment
            return self.find(asked.task_id)
        return None

    def join(self, tasks: Collection[str], job: str) -> None:
        """Makes one job of some tasks: from now on they go together."""
        free = update(PressedRow).where(PressedRow.task_id.in_(list(tasks)), PressedRow.job == "")
        with writing(self._engine) as session:
            session.execute(free.values(job=job, phase_name=Phase.GATHERING.value))

    def note(self, job: str, **changes: Any) -> None:
        """Changes what is remembered of all tasks of a job that have not ended; ``phase`` is written as its name."""
        mine = update(PressedRow).where(PressedRow.job == job, PressedRow.phase_name != Phase.ENDED.value)
        self._change(mine, changes)

    def note_one(self, task_id: str, **changes: Any) -> None:
        """Changes what is remembered of one task."""
        self._change(update(PressedRow).where(PressedRow.task_id == task_id), changes)

    def cancel(self, task_id: str) -> None:
        """Notes the wish that a task end."""
        mine = update(PressedRow).where(PressedRow.task_id == task_id, PressedRow.phase_name != Phase.ENDED.value)
        self._change(mine, {"cancelled": True})

    def forget(self, task_id: str) -> None:
        """Crosses a task out that was refused before it began."""
        refused = delete(PressedRow).where(
            PressedRow.task_id == task_id, PressedRow.phase_name == Phase.ASKED.value, PressedRow.job == ""
        )
        with writing(self._engine) as session:
            session.execute(refused)

    def _change(self, statement: Any, changes: dict[str, Any]) -> None:
        if "phase" in changes:
            changes = {**changes, "phase_name": changes["phase"].value}
            del changes["phase"]
        with writing(self._engine) as session:
            session.execute(statement.values(**changes))
