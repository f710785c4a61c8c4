"""Trainings as pages show them: read all at once, however many there are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from armarius.client.escriptorium.host import people, shelf
from armarius.client.escriptorium.pages.desk import Desk
from armarius.client.escriptorium.pages.expected import Expected, expected_end
from armarius.client.escriptorium.pages.standing import Standing, job_standing, standing_of
from armarius.client.escriptorium.pages.whereabouts import site_of
from armarius.client.escriptorium.record import TrainingRow
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.report.chart import Chart
from armarius.client.report.curves import accuracy_curve
from armarius.client.report.epochs import EpochFigures, best_of, epochs_of
from armarius.client.report.facts import gather
from armarius.functions.contracts import Progress


@dataclass(frozen=True)
class Learning:
    """What a training has learnt so far.

    Attributes:
        done: How many epochs.
        best: Its best epoch; None before the first.
        curve: Of the accuracy; None before the first.
    """

    done: int = 0
    best: EpochFigures | None = None
    curve: Chart | None = None

    @property
    def accuracy(self) -> float | None:
        """Of the best epoch, from 0 to 1."""
        return self.best.accuracy if self.best is not None else None


@dataclass(frozen=True)
class Seen:
    """A training as pages show it.

    Attributes:
        id: Of the training and its job.
        name: Of the model.
        owner: The name of the user who asked; empty if nobody knows.
        row: What the ledger says; None for a job that nobody asked eScriptorium for.
        asked: When, in seconds since 1970.
        site: Where it is or was computed; empty before one was chosen.
    """

    id: str
    name: str
    owner: str
    row: TrainingRow | None
    job: JobRow | None
    asked: float
    site: str
    standing: Standing
    expected: Expected | None
    learning: Learning


def seen(desk: Desk, rows: Sequence[TrainingRow]) -> list[Seen]:
    """Returns some trainings as pages show them."""
    jobs = desk.journal.glance.jobs([row.id for row in rows])
    known = _Known.of(desk, rows, jobs.values())
    return [known.of_training(row, jobs.get(row.id)) for row in rows]


def seen_jobs(desk: Desk, jobs: Sequence[JobRow]) -> list[Seen]:
    """Returns some jobs in the same way; not all of them need be trainings of this eScriptorium."""
    rows = desk.ledger.some([job.id for job in jobs])
    known = _Known.of(desk, rows.values(), jobs)
    return [known.of_training(rows[job.id], job) if job.id in rows else known.of_job(job) for job in jobs]


@dataclass(frozen=True)
class _Known:
    """What was read of many trainings at once."""

    desk: Desk
    names: dict[int, str]
    owners: dict[int, str]
    learning: dict[str, Learning]
    foretold: dict[str, Progress]

    @classmethod
    def of(cls, desk: Desk, rows: Collection[TrainingRow], jobs: Collection[JobRow]) -> "_Known":
        """Reads it."""
        computed = [job.run.id for job in jobs if job.run is not None and job.state.computing]
        return cls(
            desk,
            shelf.names({row.model for row in rows}),
            people.names({row.user for row in rows if row.user is not None}),
            _learning(desk, jobs),
            desk.journal.glance.foretold(computed),
        )

    def of_training(self, row: TrainingRow, job: JobRow | None) -> Seen:
        """Puts together what is known of a training."""
        standing = standing_of(row, job, _sent(self.desk, job))
        name = self.names.get(row.model) or (job.request.name if job is not None else "")
        owner = self.owners.get(row.user, "") if row.user is not None else ""
        return self._put(row.id, name, owner, row, job, row.asked, standing)

    def of_job(self, job: JobRow) -> Seen:
        """Puts together what is known of a job that somebody else asked for."""
        return self._put(job.id, job.request.name, "", None, job, job.created, job_standing(job, _sent(self.desk, job)))

    def _put(
        self,
        id_: str,
        name: str,
        owner: str,
        row: TrainingRow | None,
        job: JobRow | None,
        asked: float,
        standing: Standing,
    ) -> Seen:
        run = job.run if job is not None else None
        expected = expected_end(job, self.foretold.get(run.id)) if run is not None else None
        learning = self.learning.get(id_, Learning())
        return Seen(id_, name, owner, row, job, asked, site_of(job), standing, expected, learning)


def _sent(desk: Desk, job: JobRow | None) -> tuple[int, int] | None:
    if job is None or job.state is not JobState.STAGING or job.transfer is None:
        return None
    transfer = desk.journal.transfers.read(job.transfer)
    return (transfer.moved, transfer.total) if transfer is not None else None


def _learning(desk: Desk, jobs: Collection[JobRow]) -> dict[str, Learning]:
    """What ended well is told by its report; of all others the ends of epochs are read."""
    lines = desk.journal.glance.epochs([job.id for job in jobs if job.state is not JobState.DONE])
    return {job.id: _learnt(job, lines.get(job.id, [])) for job in jobs}


def _learnt(job: JobRow, lines: list[Progress]) -> Learning:
    facts = gather(job, lines)
    epochs = epochs_of(facts)
    if not epochs:
        return Learning()
    return Learning(len(epochs), best_of(facts, epochs), accuracy_curve(facts, epochs))
