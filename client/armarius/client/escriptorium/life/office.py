"""What everything that is done for a training has at hand."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from armarius.client.errors import JobNotFound
from armarius.client.escriptorium.host.events import Room
from armarius.client.escriptorium.host.shelf import Home
from armarius.client.escriptorium.options import Options
from armarius.client.escriptorium.record import Ledger, TrainingRow
from armarius.client.journal import JobRow
from armarius.client.pool import Pool


@dataclass(frozen=True)
class Office:
    """The pool, what is remembered, and what the admin has set."""

    pool: Pool
    ledger: Ledger
    options: Options

    def now(self) -> float:
        """Returns the seconds since 1970."""
        return self.pool.desk.clock.now()

    def job(self, row: TrainingRow) -> JobRow | None:
        """Returns the job of a training, once it is one."""
        try:
            return self.pool.desk.journal.job(row.id)
        except JobNotFound:
            return None

    def jobs(self, rows: Collection[TrainingRow]) -> dict[str, JobRow]:
        """Returns the jobs of some trainings at once, by their ids."""
        return self.pool.desk.journal.glance.jobs([row.id for row in rows])

    def folder(self, row: TrainingRow) -> Path:
        """Returns where a training keeps what it needs until its end, and what came of it."""
        return self.pool.config.home / "escriptorium" / row.id


def room_of(row: TrainingRow) -> Room | None:
    """Returns where a training is watched; None while it has not begun."""
    if row.room == "collection":
        return Room("collection", row.room_pk)
    return Room("document", row.room_pk) if row.room else None


def home_of(row: TrainingRow) -> Home:
    """Returns where the weights of a training belong."""
    return Home(row.home, row.versions)
