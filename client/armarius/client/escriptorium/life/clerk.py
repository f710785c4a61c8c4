"""The clerk: looks at all trainings and all work on pages, takes each further that needs it, and tells what is new."""

import logging
from collections.abc import Callable
from concurrent.futures import Executor, Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from django.db import Error as DatabaseError

from armarius.client.escriptorium.host import reports, shelf
from armarius.client.escriptorium.host.reports import Standing
from armarius.client.escriptorium.life import ending
from armarius.client.escriptorium.life.apart import apart, fresh_connections
from armarius.client.escriptorium.life.beginning import Gathered, begin, gather_all, hand_over
from armarius.client.escriptorium.life.confining import Confining, tags_now
from armarius.client.escriptorium.life.following import follow
from armarius.client.escriptorium.life.identity import tend_identity
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.life.queues import Queues
from armarius.client.escriptorium.life.stuck import OUT_OF_ORDER, Stuck
from armarius.client.escriptorium.life.telling import name_of, notify
from armarius.client.escriptorium.pressing.clerk import PageClerk
from armarius.client.escriptorium.record import Phase, TrainingRow
from armarius.client.jobs.owner import is_gone
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.logs import bound
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)

TURN_SECONDS = 60.0


class Clerk:
    """Tells eScriptorium what becomes of its trainings.

    Args:
        office: The pool, what is remembered, and the settings.
        packers: Runs what takes its time: reading pages, and writing what came of them.
    """

    def __init__(self, office: Office, packers: Executor) -> None:
        self._office = office
        self._packers = packers
        self._packing: dict[str, Future[Gathered]] = {}
        self._stuck = Stuck()
        self._told: dict[str, _Told] = {}
        self._queues = Queues(office.pool.desk)
        self._confining = Confining(office)
        self._pages = PageClerk(office, packers)

    def look(self) -> bool:
        """Looks at everything once, if no other process does.

        Returns:
            Whether it is this clerk's turn.
        """
        ledger, owner, now = self._office.ledger, self._office.pool.desk.owner, self._office.now()
        holder = ledger.clerk().owner
        dead = holder if holder.count("|") == 2 and holder != owner and is_gone(holder) else None
        if not ledger.take_turn(owner, now, TURN_SECONDS, instead_of=dead):
            return False
        ledger.note_trouble(self._office.pool.driver.trouble, now)
        rows = ledger.open_ones()
        if rows:
            self._look_at([row for row in rows if row.phase is not Phase.ENDED])
        self._pages.look()
        return True

    def leave(self) -> None:
        """Lets another process tell the users, once this one writes no page any more."""
        ledger, owner = self._office.ledger, self._office.pool.desk.owner
        with suppress(ArmariusError):
            while not self._pages.finish(TURN_SECONDS / 3):
                ledger.take_turn(owner, self._office.now(), TURN_SECONDS)
            ledger.give_turn_back(owner)

    def _look_at(self, rows: list[TrainingRow]) -> None:
        """Looks at some trainings; eScriptorium's database and the journal are asked once for all of them."""
        fresh_connections()
        standings = reports.standings([row.task_id for row in rows])
        flags = shelf.flags([row.model for row in rows])
        jobs = self._office.jobs(rows)
        self._told = {row.id: self._told[row.id] for row in rows if row.id in self._told}
        for row in rows:
            step = partial(self._tend, row, standings[row.task_id], flags.get(row.model), jobs.get(row.id))
            with bound(job=row.id):
                self._safely(row, step)

    def _safely(self, row: TrainingRow, step: Callable[[], None]) -> None:
        """Takes one training further; whatever goes wrong with it is no reason to leave the others alone."""
        try:
            step()
        except ArmariusError as error:
            if error.transient:
                _LOG.warning("training %s waits: %s", row.id, error)
            else:
                ending.fail(self._office, self._office.ledger.get(row.id), error.message, error.hint)
        except (DatabaseError, OSError):  # looked at again: a database or a disk comes back
            _LOG.exception("training %s could not be looked at", row.id)
        except Exception:
            _LOG.exception("training %s cannot go on", row.id)
            self._give_up_in_the_end(row)
        else:
            self._stuck.goes_on(row.id)

    def _give_up_in_the_end(self, row: TrainingRow) -> None:
        """Fails a training that cannot go on for reasons that nobody knows; never one whose model is there."""
        job = self._office.job(row)
        if self._stuck.lasts(row.id, self._office.now()) and (job is None or job.state is not JobState.DONE):
            ending.fail(self._office, self._office.ledger.get(row.id), OUT_OF_ORDER)

    def _tend(self, row: TrainingRow, standing: Standing, flag: bool | None, job: JobRow | None) -> None:
        cancelled = row.cancelled or not row.holds or standing.cancelled
        if cancelled or flag is None:
            self._packing.pop(row.id, None)
            ending.withdraw(self._office, row, job, "" if cancelled else "The model was deleted.")
            return
        if row.phase is Phase.ASKED:
            if row.due <= self._office.now():
                begin(self._office, row)
            return
        self._mend(row, standing, flag)
        if row.phase is Phase.GATHERING:
            self._gather(row)
        else:
            self._follow(row, job)

    def _mend(self, row: TrainingRow, standing: Standing, flag: bool) -> None:
        """Makes the pages say what is true."""
        reports.make_true(row.task_id, standing, self._office.now() - row.asked)
        if not flag:
            shelf.set_training(row.model, True)

    def _gather(self, row: TrainingRow) -> None:
        packing = self._packing.get(row.id)
        if packing is None:
            self._packing[row.id] = self._packers.submit(apart, row.id, gather_all, self._office, row)
        elif packing.done():
            del self._packing[row.id]
            hand_over(self._office, row, packing.result())

    def _follow(self, row: TrainingRow, job: JobRow | None) -> None:
        if job is None:  # the journal was lost or another is configured
            ending.fail(self._office, row, "The pool does not know this training any more.")
            return
        tend_identity(self._office, job, lambda: f"training of {name_of(row)!r}", partial(notify, row, level="warning"))
        self._confining.tend(job, lambda: tags_now(self._office, row))
        before, now = self._told.get(row.id), _Told.of(job)
        if now == before and not job.transfer:  # the bytes of a transfer are not in the job
            return
        complete = follow(self._office, self._queues, row, job)
        if complete and job.state.final:
            ending.end(self._office, self._office.ledger.get(row.id), job)
        elif complete:
            self._told[row.id] = now


@dataclass(frozen=True)
class _Told:
    """What shows whether there is anything new of a job: of many trainings, few have something new each second."""

    updated: float
    events: int
    position: int
    reported: bool

    @classmethod
    def of(cls, job: JobRow) -> "_Told":
        """Looks at a job."""
        run = job.run
        return cls(job.updated, len(job.events), run.position if run else 0, bool(run and run.report_json))
