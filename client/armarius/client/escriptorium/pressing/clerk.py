"""The clerk of work on pages: makes jobs of what was pressed together, follows them, and has their pages written."""

import hashlib
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, wait

from django.db import Error as DatabaseError
from django.db import IntegrityError

from armarius.client.escriptorium.host import pagereports, parts, people, reports
from armarius.client.escriptorium.host.parts import Workflow
from armarius.client.escriptorium.host.reports import Standing, State
from armarius.client.escriptorium.life.apart import apart, fresh_connections
from armarius.client.escriptorium.life.beginning import IMAGES
from armarius.client.escriptorium.life.confining import Confining, tags_for
from armarius.client.escriptorium.life.identity import tend_identity
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.life.stuck import OUT_OF_ORDER, STUCK_SECONDS, Stuck
from armarius.client.escriptorium.life.words import where
from armarius.client.escriptorium.pressing import words
from armarius.client.escriptorium.pressing.batching import Batch, batches, held_up
from armarius.client.escriptorium.pressing.deleted import Deleted
from armarius.client.escriptorium.pressing.home import Home
from armarius.client.escriptorium.pressing.packing import Packing, pack
from armarius.client.escriptorium.pressing.settling import charge, clean_up, settle
from armarius.client.escriptorium.pressing.starting import (
    check_model,
    folder_of,
    parts_of_batch,
    start,
    wish_of_batch,
)
from armarius.client.escriptorium.record import Phase, PressedRow
from armarius.client.journal import JobRow
from armarius.client.logs import bound
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)

LASTING_SECONDS = 6 * 3600.0
"""How long it is tried again if a file or a disk is the reason: an administrator may be mending it."""

MOST_HEEDED = 1000
"""Tasks whose reports are looked at in one look; of more, some each time. A revocation is heard at once."""

REST = 4.0
"""How many times as long as a look took it rests afterwards: of many thousand pages, a look takes its time."""

LONGEST_REST = 60.0

UNKNOWN = "The pool does not know this work any more."


class PageClerk:
    """Takes all work on pages further.

    Args:
        office: The pool, what is remembered, and the settings.
        helpers: Runs what takes its time: reading pages, and writing what came of them.
    """

    def __init__(self, office: Office, helpers: Executor) -> None:
        self._office = office
        self._helpers = helpers
        self._packing: dict[str, Future[Packing]] = {}
        self._writing: dict[str, Future[None]] = {}
        self._stuck = Stuck()
        self._told_waiting: set[str] = set()
        self._heeded = 0
        self._rests_until = 0.0
        self._confining = Confining(office)
        self._deleted = Deleted(office)

    def look(self) -> None:
        """Looks at all that has not ended, unless that took long a moment ago."""
        began = self._office.now()
        if 0 < self._rests_until - began <= LONGEST_REST:
            return
        self._look()
        self._rests_until = began + min(LONGEST_REST, (1 + REST) * (self._office.now() - began))

    def _look(self) -> None:
        """Looks; eScriptorium's database and the journal are asked once for all of it."""
        rows = self._office.ledger.pressed.open_ones()
        jobs_left = {row.job for row in rows}
        self._writing = {job: future for job, future in self._writing.items() if job in jobs_left}
        self._stuck.keep(jobs_left)
        if not rows:
            return
        fresh_connections()
        standings = reports.standings([row.task_id for row in self._some(rows)])
        rows = [row for row in rows if self._heed(row, standings.get(row.task_id, Standing()))]
        self._tell_who_waits(rows)
        for batch in batches(rows, self._office.now(), self._office.options.pages_per_job):
            self._begin(batch)
        begun: dict[str, list[PressedRow]] = {}
        for row in rows:
            if row.job:
                begun.setdefault(row.job, []).append(row)
        jobs = self._office.pool.desk.journal.glance.jobs(list(begun))
        for job_id, together in begun.items():
            with bound(job=job_id):
                self._safely(tuple(together), jobs.get(job_id))

    def _some(self, rows: Sequence[PressedRow]) -> Sequence[PressedRow]:
        """Returns the tasks whose turn it is to have their reports looked at."""
        if self._heeded >= len(rows):
            self._heeded = 0
        some = rows[self._heeded : self._heeded + MOST_HEEDED]
        self._heeded += MOST_HEEDED
        return some

    def finish(self, seconds: float) -> bool:
        """Waits for pages that are being written; what has not begun does not begin any more.

        Args:
            seconds: How long to wait.

        Returns:
            Whether nothing is written any more.
        """
        under_way = [future for future in self._writing.values() if not future.cancel()]
        return not wait(under_way, timeout=seconds).not_done

    # One task ------------------------------------------------------------------------------------------------

    def _heed(self, row: PressedRow, standing: Standing) -> bool:
        """Hears a Cancel button, and makes reports say what is true.

        Returns:
            Whether the task is still to be looked at.
        """
        if row.job in self._writing or not row.holds:
            return True
        if row.cancelled or standing.cancelled:
            return self._withdraw(row)
        if row.phase is Phase.WRITING:  # some of its reports may tell their ends already
            return True
        reports.make_true(row.task_id, standing, self._office.now() - row.asked)
        return True

    def _tell_who_waits(self, rows: Sequence[PressedRow]) -> None:
        """Says once of a task that it waits for another on its page."""
        pairs = held_up(rows)
        for row, earlier in pairs:
            if row.task_id not in self._told_waiting:
                pagereports.wait_for(row.task_id, earlier.task_id)
        self._told_waiting = {row.task_id for row, _ in pairs}

    def _withdraw(self, row: PressedRow) -> bool:
        """Ends a task that is not wanted any more; its pages may be pressed for again at once."""
        if row.task.endswith(".segment"):
            parts.set_state(row.parts_json, Workflow.CONVERTED, only=Workflow.SEGMENTING)
        reports.put_back(row.task_id)
        pagereports.end_rest(row.task_id, State.CANCELED)
        changes = {"holds": False, "cancelled": True, "outcome": words.CANCELLED}
        row.holds = False
        if row.job:
            self._office.ledger.pressed.note_one(row.task_id, **changes)
        else:
            self._office.ledger.pressed.note_one(row.task_id, phase=Phase.ENDED, **changes)
        return bool(row.job)

    # One job -------------------------------------------------------------------------------------------------

    def _begin(self, batch: Batch) -> None:
        """Puts tasks together that are done by one job."""
        named = "|".join(row.task_id for row in batch)
        if wish_of_batch(batch).process == "segment":
            parts.set_state(parts_of_batch(batch), Workflow.SEGMENTING)
        job_id = hashlib.sha256(named.encode()).hexdigest()[:10]
        self._office.ledger.pressed.join([row.task_id for row in batch], job_id)

    def _safely(self, batch: Batch, job: JobRow | None) -> None:
        """Takes one job further; whatever goes wrong with it is no reason to leave the others alone."""
        job_id = batch[0].job
        try:
            self._tend(batch, job)
        except ArmariusError as error:
            if error.transient:
                _LOG.warning("work on pages waits: %s", error)
            else:
                self._fail(batch, job, str(error))
        except OSError:  # a disk comes back, and some do not
            _LOG.exception("work on pages could not be looked at")
            self._give_up_after(LASTING_SECONDS, batch, job)
        except IntegrityError:  # looked at again, it comes to the same
            _LOG.exception("work on pages cannot be written")
            self._give_up_after(STUCK_SECONDS, batch, job)
        except DatabaseError:  # looked at again: a database comes back
            _LOG.exception("work on pages could not be looked at")
        except Exception:
            _LOG.exception("work on pages cannot go on")
            self._give_up_after(STUCK_SECONDS, batch, job)
        else:
            if job_id not in self._writing and job_id not in self._packing:  # what a helper does may fail yet
                self._stuck.goes_on(job_id)

    def _give_up_after(self, seconds: float, batch: Batch, job: JobRow | None) -> None:
        """Fails a job that could not be taken further for so long."""
        if self._stuck.lasts(batch[0].job, self._office.now(), seconds):
            self._fail(batch, job, OUT_OF_ORDER)

    def _tend(self, batch: Batch, job: JobRow | None) -> None:
        if batch[0].job in self._writing:
            self._await_writing(batch)
        elif not any(row.holds for row in batch):
            self._let_go(batch, job)
        elif batch[0].phase is not Phase.WRITING and (gone := self._deleted.tasks(batch)):
            for row in gone:
                self._withdraw(row)
        elif batch[0].phase is Phase.GATHERING or (batch[0].phase is Phase.WRITING and job is None):
            self._gather(batch)
        elif job is None:  # the journal was lost or another is configured
            self._fail(batch, None, UNKNOWN)
        else:
            self._follow(batch, job)

    def _gather(self, batch: Batch) -> None:
        job_id = batch[0].job
        packing = self._packing.get(job_id)
        if packing is None:
            wish = wish_of_batch(batch)
            check_model(wish)
            folder = folder_of(self._office, job_id) / IMAGES
            self._packing[job_id] = self._helpers.submit(apart, job_id, pack, wish, parts_of_batch(batch), folder)
        elif packing.done():
            del self._packing[job_id]
            self._hand_over(batch, packing.result())

    def _hand_over(self, batch: Batch, made: Packing) -> None:
        """Makes a job of the pages; where there is none to be sent, their end can be told at once."""
        if made.packed is None:
            self._write(batch, lambda: Home(problems=made.problems))
            return
        manifest = made.packed.manifest
        if batch[0].job not in self._office.pool.desk.journal.glance.jobs([batch[0].job]):
            start(self._office, batch, made.packed)
        self._office.ledger.pressed.note(batch[0].job, phase=Phase.RUNNING)
        lines = sum(len(page.lines) for page in manifest.pages)
        said = words.gathered(len(manifest.pages), lines, wish_of_batch(batch))
        reports.say(batch[0].task_id, [words.at(self._office.now(), said)])
        pagereports.refer([row.task_id for row in batch])

    def _follow(self, batch: Batch, job: JobRow) -> None:
        """Tells what happens to a job, and writes its pages at its end."""
        told, site = batch[0].event, where(job.run.site) if job.run is not None else "the pool"
        new = [event for event in job.events if event.id > told]
        if new:
            reports.say(batch[0].task_id, [said for event in new if (said := words.happened(event, site))])
            self._office.ledger.pressed.note(job.id, event=new[-1].id)
        if job.state.final:
            self._write(batch, lambda: Home.of(self._office.pool.desk.journal, job))
            return
        wish, pages = wish_of_batch(batch), parts_of_batch(batch)
        self._confining.tend(job, lambda: tags_for(self._office, pages))
        tend_identity(self._office, job, lambda: f"{words.NOUNS[wish.process]} of pages", self._warner(batch))

    def _warner(self, batch: Batch) -> Callable[[str], None]:
        def warn(said: str) -> None:
            user, id_ = people.find_user(batch[0].user), f"armarius-{batch[0].job}"
            people.notify(user, said, id_=id_, level="warning", links=reports.report_links(batch[0].task_id))

        return warn

    # The end -------------------------------------------------------------------------------------------------

    def _write(self, batch: Batch, look: Callable[[], Home]) -> None:
        """Has the pages written by a helper."""
        job_id = batch[0].job
        self._office.ledger.pressed.note(job_id, phase=Phase.WRITING)
        self._writing[job_id] = self._helpers.submit(apart, job_id, lambda: settle(self._office, batch, look()))

    def _await_writing(self, batch: Batch) -> None:
        writing = self._writing[batch[0].job]
        if writing.done():
            del self._writing[batch[0].job]
            writing.result()

    def _fail(self, batch: Batch, job: JobRow | None, why: str) -> None:
        """Ends a job that cannot go on."""
        if job is not None and not job.state.final and not job.cancel:
            self._office.pool.desk.journal.ask_to_cancel(job.id, self._office.now())
        self._packing.pop(batch[0].job, None)
        self._write(batch, lambda: Home(failure=why))

    def _let_go(self, batch: Batch, job: JobRow | None) -> None:
        """Ends a job of which no task is wanted any more; what it took is written down when it has ended."""
        packing = self._packing.get(batch[0].job)
        if packing is not None and not packing.cancel() and not packing.done():
            return  # it would link images behind the back of who cleans up
        self._packing.pop(batch[0].job, None)
        if job is not None and not job.state.final:
            if not job.cancel:
                self._office.pool.desk.journal.ask_to_cancel(job.id, self._office.now())
            return
        if job is not None:
            home = Home.of(self._office.pool.desk.journal, job)
            if home.spread or not self._office.ledger.pressed.has_ended(batch[0].job):
                charge(batch, home)
        self._office.ledger.pressed.note(batch[0].job, phase=Phase.ENDED, holds=False)
        clean_up(self._office, batch[0].job)
