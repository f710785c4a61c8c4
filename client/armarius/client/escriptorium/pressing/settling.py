"""The end of a job on pages: each page is written, and told. Done twice, it comes to the same."""

import logging
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.db import DatabaseError, DataError

from armarius.client.errors import PageError
from armarius.client.escriptorium.host import events, pagereports, parts, people, reports, shelf
from armarius.client.escriptorium.host.pagereports import Cost
from armarius.client.escriptorium.host.reports import State
from armarius.client.escriptorium.life.beginning import IMAGES
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.pressing import telling, words
from armarius.client.escriptorium.pressing.batching import Batch
from armarius.client.escriptorium.pressing.home import Home, site_of
from armarius.client.escriptorium.pressing.lines import write_lines
from armarius.client.escriptorium.pressing.reading import read_layout, read_texts
from armarius.client.escriptorium.pressing.starting import FORMATS, RESULTS, folder_of, parts_of_batch, wish_of_batch
from armarius.client.escriptorium.pressing.texts import Origin, sum_up, write_texts
from armarius.client.escriptorium.pressing.unchanged import Sent
from armarius.client.escriptorium.pressing.wish import Wish
from armarius.client.escriptorium.record import Phase, PressedRow
from armarius.client.naming import PAGES
from armarius.client.pages.parsed import ParsedPage
from armarius.functions.contracts import PageFault

_LOG = logging.getLogger(__name__)

UNEXPECTED = "could not be written; the administrators find why in the worker's log."
LONGEST_SOURCE = 128
"""Letters that eScriptorium keeps of where a version is from."""


@dataclass
class Settling:
    """The pages of a job while they are written.

    Attributes:
        office: The pool, what is remembered, and the settings.
        job: The id of the job.
        wish: What was asked.
        home: What came home.
        names: What people call the pages.
    """

    office: Office
    job: str
    wish: Wish
    home: Home
    names: Mapping[int, str]
    _reasons: list[str] = field(default_factory=list)
    _written: int = 0

    def task(self, row: PressedRow) -> str:
        """Writes and tells the pages of one task.

        Returns:
            How it ended; nothing if it is not wanted any more, or another process has ended it.
        """
        reports.put_back(row.task_id)
        documents = parts.documents_of(row.parts_json)
        wrong = []
        for part, document in documents.items():
            if not _is_wanted(self.office, row):
                return ""
            wrong.extend(self._page(row, part, document))
        charge_for_gone(row, documents, self.home)
        events.task_over(documents, self.wish.process, "error" if wrong else "done", row.task_id)
        pagereports.end_rest(row.task_id, State.ERROR if wrong else State.DONE)
        self._reasons.extend(wrong)
        return " ".join(wrong) or words.DONE

    def tell_user(self, task_id: str) -> None:
        """Tells whoever pressed the button, once for all pages of it that were done together."""
        if self._written:
            telling.well_done(self.wish)
        if self._reasons:
            telling.something_wrong(self.wish, self._reasons, reports.report_links(task_id))

    @property
    def all_written(self) -> bool:
        """Whether no page failed."""
        return not self._reasons

    def _page(self, row: PressedRow, part: int, document: int) -> list[str]:
        """Returns why a page failed, as a sentence; nothing of one that is written, now or before."""
        if pagereports.end_of(row.task_id, part) is State.DONE:  # the process died afterwards
            return self._done(row, part, document)
        name = self.names.get(part, "A page")
        try:
            said = self._write(part, name)
        except NotDone as error:
            return self._failed(row, part, document, str(error))
        except PageError as error:
            return self._failed(row, part, document, f"{name} {error.what}")
        except DataError as error:  # such as a line of more letters than eScriptorium keeps
            _LOG.warning("page %s cannot be written: %s", part, error)
            return self._failed(row, part, document, f"{name} cannot be written: {error}".strip())
        except (DatabaseError, OSError):  # tried again: a database or a disk comes back
            raise
        except Exception:
            _LOG.exception("page %s cannot be written", part)
            return self._failed(row, part, document, f"{name} {UNEXPECTED}")
        pagereports.end_page(row.task_id, part, State.DONE, self._at(said), self.home.cost(part))
        return self._done(row, part, document)

    def _done(self, row: PressedRow, part: int, document: int) -> list[str]:
        self._written += 1
        telling.page_done(row.task_id, self.wish, document, part)
        return []

    def _failed(self, row: PressedRow, part: int, document: int, said: str) -> list[str]:
        told = pagereports.end_of(row.task_id, part)
        if told in (State.DONE, State.CANCELED):  # by another process, in this moment
            return []
        if told is None:
            telling.set_back(self.wish, part)
        pagereports.end_page(row.task_id, part, State.ERROR, self._at(said), self.home.cost(part))
        telling.page_failed(row.task_id, self.wish, document, part)
        return [said]

    def _write(self, part: int, name: str) -> str:
        """Writes a page, and returns what is to be said of it."""
        page = self.home.pages.get(part)
        blank = self.wish.process == "segment" and page is not None and page.fault is PageFault.NO_LINES
        why = "" if blank else self.home.why_not(part, name)
        if why:
            raise NotDone(why)
        return self._write_lines(part, blank=blank) if self.wish.process == "segment" else self._write_texts(part)

    def _write_lines(self, part: int, *, blank: bool) -> str:
        page = self.home.pages[part]
        found = ParsedPage("", None, ()) if blank else read_layout(page.files[FORMATS["segment"]])
        write_lines(self.job, self.wish, part, found, Sent.of(page))
        return words.segmented(len(found.lines), len(found.regions), site_of(page))

    def _write_texts(self, part: int) -> str:
        page = self.home.pages.get(part)
        read = read_texts(page.files[FORMATS["transcribe"]]) if page is not None else {}
        origin = Origin(self.job, self._author(), self._source(), Sent.of(page) if page is not None else None)
        written = write_texts(origin, self.wish.transcription or 0, part, read)
        if page is None:
            return words.NOTHING_TO_READ
        said = words.transcribed(written, len(read) - written, site_of(page))
        return " ".join([said, *self.home.remarks.get(part, ())])

    def _author(self) -> str:
        user = people.find_user(self.wish.user)
        return str(user.get_username()) if user is not None else ""

    def _source(self) -> str:
        names = shelf.names([self.wish.model]) if self.wish.model is not None else {}
        return f"kraken:{names.get(self.wish.model or 0, '')}"[:LONGEST_SOURCE]

    def _at(self, said: str) -> str:
        return words.at(self.office.now(), said)


class NotDone(Exception):
    """A page has no result; what is said is the reason."""


def settle(office: Office, batch: Batch, home: Home) -> None:
    """Ends the tasks of a job that are still wanted: writes their pages, tells everybody, and closes them.

    Args:
        office: The pool, what is remembered, and the settings.
        batch: The tasks.
        home: What came home of their pages.
    """
    wish, job = wish_of_batch(batch), batch[0].job
    settling = Settling(office, job, wish, home, parts.names_of(parts_of_batch(batch)))
    outcomes = {row.task_id: settling.task(row) for row in batch if row.holds and _is_wanted(office, row)}
    ended = {task_id: outcome for task_id, outcome in outcomes.items() if outcome}
    if ended and home.gpu_seconds and not home.spread:
        charge(batch, home)
    if wish.process == "transcribe" and wish.transcription is not None and ended:
        sum_up(wish.transcription)
    settling.tell_user(batch[0].task_id)
    for task_id, outcome in ended.items():  # last of all: whatever dies before, it is all done once more
        office.ledger.pressed.note_one(task_id, phase=Phase.ENDED, holds=False, outcome=outcome)
    clean_up(office, job, keep_pages=not settling.all_written)


def charge(batch: Batch, home: Home) -> None:
    """Writes what a job took where no page can bear its share, or for tasks that nobody wanted in the end."""
    if not home.spread:
        pagereports.charge(batch[0].task_id, None, Cost(gpu_seconds=home.gpu_seconds))
        return
    for row in batch:
        documents = parts.documents_of(row.parts_json)
        for part in documents:
            pagereports.charge(row.task_id, part, home.cost(part))
        charge_for_gone(row, documents, home)


def charge_for_gone(row: PressedRow, left: Collection[int], home: Home) -> None:
    """Writes what pages took that were deleted meanwhile: their reports do not know them any more.

    Args:
        row: Their task.
        left: The pages of it that are still there.
        home: What came home.
    """
    gone = [part for part in row.parts_json if part not in left]
    if any(home.cost(part).seconds for part in gone):
        pagereports.charge_also(row.task_id, map(home.cost, gone), home.cost)


def clean_up(office: Office, job: str, *, keep_pages: bool = False) -> None:
    """Takes away what is not needed any more: the report page stays, and pages that could not be written."""
    shutil.rmtree(folder_of(office, job) / IMAGES, ignore_errors=True)
    if not keep_pages:
        shutil.rmtree(folder_of(office, job) / RESULTS / PAGES, ignore_errors=True)


def _is_wanted(office: Office, row: PressedRow) -> bool:
    """Looks once more: the pages before it took their time, and another process may have taken over."""
    now = office.ledger.pressed.find(row.task_id)
    if now is None or now.cancelled or now.phase is Phase.ENDED:
        return False
    return not reports.standings([row.task_id])[row.task_id].cancelled
