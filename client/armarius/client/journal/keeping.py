"""What the journal remembers so that a site's death loses little: checkpoints at home, and runs that were given up."""

from collections.abc import Sequence

from sqlalchemy import Engine, select, update

from armarius.client.journal.reach import reading, storable, writing
from armarius.client.journal.sitetables import GivenUpRow, HomeCheckpointRow, NoteRow
from armarius.client.journal.witnesses import CheckpointHome, Witnesses
from armarius.client.words import size
from armarius.functions.contracts import CheckpointRef

PAGES_LOST = "pages lost"
"""What is noted of a run whose pages cannot be brought home."""


class KeepingLog:
    """The part of the journal about checkpoints at home and runs that were given up.

    Args:
        engine: The journal's.
        witnesses: Who is told.
    """

    def __init__(self, engine: Engine, witnesses: Witnesses) -> None:
        self._engine = engine
        self._witnesses = witnesses

    def checkpoint(self, job_id: str) -> tuple[CheckpointRef, float] | None:
        """Reads the newest checkpoint of a job that came home, and when it did."""
        with reading(self._engine) as session:
            row = session.get(HomeCheckpointRow, job_id)
            return (CheckpointRef.model_validate(row.reference_json), row.at) if row else None

    def came_home(self, job_id: str, reference: CheckpointRef, now: float) -> None:
        """Notes that a checkpoint of a job is here."""
        row = HomeCheckpointRow(job_id=job_id, at=now, reference_json=reference.model_dump(mode="json"))
        said = f"of step {reference.step}, {size(reference.size)}"
        note = NoteRow(job_id=job_id, run_id=reference.run_id, at=now, what="checkpoint home", message=said)
        with writing(self._engine) as session:
            session.merge(row)
            session.add(note)
        self._witnesses.tell(CheckpointHome(job_id, reference.run_id, now, reference.step, reference.size))

    def given_up(self, *, untold_only: bool = True) -> Sequence[GivenUpRow]:
        """Reads the runs that were given up while their sites could not be reached."""
        query = select(GivenUpRow).order_by(GivenUpRow.at)
        if untold_only:
            query = query.where(GivenUpRow.told.is_(None))
        with reading(self._engine) as session:
            return session.scalars(query).all()

    def given_up_run(self, run_id: str) -> GivenUpRow | None:
        """Reads when a run was given up; None if it was not."""
        with reading(self._engine) as session:
            return session.get(GivenUpRow, run_id)

    def notes(self, run_id: str) -> Sequence[NoteRow]:
        """Reads what was noted of a run, oldest first."""
        query = select(NoteRow).where(NoteRow.run_id == run_id).order_by(NoteRow.id)
        with reading(self._engine) as session:
            return session.scalars(query).all()

    def pages_lost(self, job_id: str, run_id: str, now: float, why: str) -> None:
        """Notes that the pages of a run which are not home cannot be had any more."""
        with writing(self._engine) as session:
            session.add(NoteRow(job_id=job_id, run_id=run_id, at=now, what=PAGES_LOST, message=storable(why)))

    def are_pages_lost(self, run_id: str) -> bool:
        """Tells whether that was noted of a run."""
        return any(note.what == PAGES_LOST for note in self.notes(run_id))

    def told(self, run_id: str, now: float) -> None:
        """Notes that a site knows that a run was given up."""
        with writing(self._engine) as session:
            session.execute(update(GivenUpRow).where(GivenUpRow.run_id == run_id).values(told=now))
