"""What the journal remembers of transfers: enough to go on with each after any death, and what people are shown."""

from typing import Any

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from armarius.client.errors import LeaseLost
from armarius.client.journal.reach import reading, rows, storable, writing
from armarius.client.journal.tables import TransferRow, TransferStage
from armarius.client.ports import TransferView


class TransferLog:
    """The part of the journal that a staging adapter writes.

    Every change is conditional on nobody having changed the row since it was read: of two drivers that both believe to
    be in charge, one is heard.

    Args:
        engine: The journal's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def read(self, name: str) -> TransferRow | None:
        """Reads what is known of a transfer."""
        with reading(self._engine) as session:
            return session.get(TransferRow, name)

    def begin(self, name: str, now: float) -> TransferRow:
        """Opens the next attempt at a transfer, unless one is under way or done; returns the newest.

        Args:
            name: The transfer.
            now: Seconds since 1970.
        """
        row = self.read(name)
        if row is None:
            self._insert(name, now)
        elif row.stage.may_begin_anew:
            before = row.attempt if row.stage is TransferStage.FORGOTTEN else row.before
            self._change(
                row,
                now,
                attempt=row.attempt + 1,
                before=before,
                stage_name=TransferStage.PREPARING.value,
                items_json=None,
                submission_id=None,
                task_id=None,
                error="",
                transient=False,
            )
        return self._must_read(name)

    def note(self, row: TransferRow, now: float, **change: Any) -> TransferRow:
        """Writes a change down.

        Args:
            row: As it was read.
            now: Seconds since 1970.
            change: New values of columns.

        Returns:
            The row as it is now.

        Raises:
            LeaseLost: Somebody else has changed the row since it was read. Nothing was written.
        """
        if "error" in change:
            change["error"] = storable(change["error"])
        if not self._change(row, now, **change):
            raise LeaseLost(row.name)
        return self._must_read(row.name)

    def show(self, name: str, view: TransferView, now: float) -> None:
        """Keeps how far a transfer is, for the people who look at its job."""
        shown = {"moved": view.moved, "total": view.total, "message": storable(view.message or view.error)}
        row = self.read(name)
        if row is None:
            self._insert(name, now, stage_name=TransferStage.ELSEWHERE.value)
        elif {key: getattr(row, key) for key in shown} == shown:
            return
        with writing(self._engine) as session:
            session.execute(update(TransferRow).where(TransferRow.name == name).values(**shown, shown=now))

    def _insert(self, name: str, now: float, **values: Any) -> None:
        statement = insert(TransferRow).values(name=name, updated=now, **values)
        try:
            with writing(self._engine) as session:
                session.execute(statement)
        except IntegrityError:  # another driver was first
            return

    def _change(self, row: TransferRow, now: float, **values: Any) -> bool:
        unchanged = update(TransferRow).where(TransferRow.name == row.name, TransferRow.version == row.version)
        with writing(self._engine) as session:
            return rows(session.execute(unchanged.values(version=row.version + 1, updated=now, **values))) == 1

    def _must_read(self, name: str) -> TransferRow:
        with reading(self._engine) as session:
            return session.scalars(select(TransferRow).where(TransferRow.name == name)).one()
