"""Staging with Globus Transfer.

A transfer goes through stages that the journal remembers: packed in this machine's folder, handed over to Transfer,
arrived, settled (unpacked by the site's ``receive``, or checked and put in its place here). Each call of ``status``
does the next thing that needs no waiting. Transfer's submission id is written down before anything is handed over with
it, so a process may die anywhere: what another does again has been done once.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import replace
from threading import Event
from typing import Any, Protocol

from armarius.client.adapters.clock import SystemClock
from armarius.client.adapters.globus.transfer.bundles import packed_size
from armarius.client.adapters.globus.transfer.leftovers import tidy
from armarius.client.adapters.globus.transfer.orders import Order, clear, fetch_order, pack_order, settle
from armarius.client.adapters.globus.transfer.route import Route
from armarius.client.adapters.globus.transfer.service import TransferLine, TransferService
from armarius.client.adapters.globus.transfer.words import failed, in_progress, needs_people
from armarius.client.errors import LeaseLost, SiteRefused
from armarius.client.journal import TransferRow, TransferStage
from armarius.client.ports import Clock, Compute, Parcel, TransferState, TransferView
from armarius.functions.contracts import ArmariusError
from armarius.functions.errors import BadBundle, DamagedFile

FIRST_LOOK, LONGEST_LOOK = 1.0, 20.0
"""Seconds between two questions to Transfer: a tenth of the time that the transfer has taken, within these."""

PATIENCE = 900.0
"""Seconds that a fault may last which only people can mend. Transfer itself would try for days."""


class Log(Protocol):
    """What is needed of the journal: see :class:`armarius.client.journal.transfers.TransferLog`."""

    def read(self, name: str) -> TransferRow | None:
        """Reads what is known of a transfer."""

    def begin(self, name: str, now: float) -> TransferRow:
        """Opens the next attempt, unless one is under way; returns the one that is."""

    def note(self, row: TransferRow, now: float, **change: Any) -> TransferRow:
        """Writes a change down and returns the row as it then is, or raises LeaseLost."""


class _Here:
    """What this process alone knows of an attempt."""

    def __init__(self, row: TransferRow, parcels: Sequence[Parcel], now: float) -> None:
        self.attempt = row.attempt
        self.parcels = parcels
        self.begun = now
        self.next_look = 0.0
        self.stuck_since: float | None = None
        self.packing: Future[Order] | None = None
        self.stopped = Event()
        total = sum(parcel.size for parcel in parcels)
        self.view = TransferView(TransferState.ACTIVE, total=total, attempt=_count(row))


class GlobusStaging:
    """Fulfils ``Staging`` with Globus Transfer.

    Args:
        route: Between this machine and which site.
        compute: The same site, which unpacks what arrives.
        service: Transfer.
        log: Where transfers are written down.
        clock: The time.
    """

    def __init__(
        self, route: Route, compute: Compute, service: TransferService, log: Log, clock: Clock | None = None
    ) -> None:
        self._route = route
        self._compute = compute
        self._line = TransferLine(route, service, clock or SystemClock())
        self._log = log
        self._clock = clock or SystemClock()
        self._packer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="packing")
        self._here: dict[str, _Here] = {}
        self._tidied = False

    # The port --------------------------------------------------------------------------------------------------

    def send(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to pack files for the site, or goes on where an earlier process stopped."""
        row, here = self._begin(transfer, parcels)
        if row.stage is not TransferStage.PREPARING or here.packing is not None:
            return
        if lacking := self._lacking(packed_size(parcels)):
            self._fail(row, lacking)
        else:
            here.packing = self._packer.submit(pack_order, self._route, _prefix(row), parcels, here.stopped.is_set)

    def fetch(self, transfer: str, parcels: Sequence[Parcel]) -> None:
        """Begins to bring files home, or goes on where an earlier process stopped."""
        row, _ = self._begin(transfer, parcels)
        if row.stage is not TransferStage.PREPARING:
            return
        if lacking := self._lacking(sum(parcel.size for parcel in parcels)):
            self._fail(row, lacking)
            return
        try:
            self._ordered(row, fetch_order(self._route, _prefix(row), parcels))
        except OSError as error:
            self._fail(row, f"{error}.")

    def status(self, transfer: str) -> TransferView:
        """Does the next thing for a transfer that needs no waiting, and tells how it stands.

        One that an earlier process began is unknown where this one needs to be told again what it is about.

        Raises:
            SiteUnreachable: Transfer or the site does not answer. Nothing is lost.
            SignInNeeded: Globus asks for a sign-in.
        """
        row = self._log.read(transfer)
        if row is None or row.stage in (TransferStage.FORGOTTEN, TransferStage.ELSEWHERE):
            return TransferView(TransferState.UNKNOWN)
        if not row.stage.under_way:
            return _ended(row)
        here = self._here.get(transfer)
        if here is None or here.attempt != row.attempt:
            order = _order(row)
            if order is None or order.way == "out":
                return TransferView(TransferState.UNKNOWN)
            here = self._here[transfer] = _Here(row, (), self._clock.now())
        return self._further(row, here)

    def cancel(self, transfer: str) -> None:
        """Ends a transfer and forgets it; what has arrived stays.

        Raises:
            SiteUnreachable: Transfer does not answer; call it again.
        """
        self._leave(transfer)
        row = self._log.read(transfer)
        if row is None or row.stage is TransferStage.FORGOTTEN:
            return
        order = _order(row)
        if row.stage is TransferStage.MOVING and row.submission_id and order:
            with suppress(SiteRefused):  # then there is nothing to end
                row = self._handed_over(row, order)  # an earlier process may have died right after it had done so
                self._line.cancel(str(row.task_id))
        self._note(row, TransferStage.FORGOTTEN)
        clear(self._route, _prefix(row))

    def close(self) -> None:
        """Ends what belongs to this process; Transfer goes on."""
        for here in self._here.values():
            here.stopped.set()
        self._packer.shutdown()
        self._line.close()

    # Beginning -------------------------------------------------------------------------------------------------

    def _begin(self, transfer: str, parcels: Sequence[Parcel]) -> tuple[TransferRow, _Here]:
        if not self._tidied:
            tidy(self._route, self._log.read)
            self._tidied = True
        row = self._log.begin(transfer, self._clock.now())
        here = self._here.get(transfer)
        if here is None or here.attempt != row.attempt:
            here = self._here[transfer] = _Here(row, parcels, self._clock.now())
        return row, here

    def _lacking(self, needed: int) -> str:
        """Says what is in the way of writing so much into this machine's folder; empty if nothing is."""
        folder = self._route.own.path
        try:
            free = self._route.room()
        except OSError as error:
            return f"This machine's folder for Globus (pool.toml: {folder}) cannot be used: {error}."
        if free >= needed:
            return ""
        return (
            f"This machine's folder for Globus, {folder}, has {free / 1e6:.0f} MB free; {needed / 1e6:.0f} MB are "
            "needed. Make room."
        )

    # Going on --------------------------------------------------------------------------------------------------

    def _further(self, row: TransferRow, here: _Here) -> TransferView:
        """Takes an attempt further by one step; a refusal that is not transient ends it."""
        try:
            here.view = self._step(row, here)
        except OSError as error:
            return self._fail(row, f"{error}.")
        except ArmariusError as error:
            if error.transient:
                raise
            return self._fail(row, str(error), transient=row.items_json is not None and _came_damaged(error))
        return here.view

    def _step(self, row: TransferRow, here: _Here) -> TransferView:
        order = _order(row)
        if order is None:
            return self._packed(row, here)
        if row.stage is TransferStage.MOVING:
            return self._moved(row, here, order)
        return self._settled(row, here, order)

    def _packed(self, row: TransferRow, here: _Here) -> TransferView:
        """Looks whether the archives are written."""
        if here.packing is None or here.stopped.is_set():
            return TransferView(TransferState.UNKNOWN)
        if not here.packing.done():
            return replace(here.view, message="The files are being packed.")
        order = here.packing.result()
        return self._moved(self._ordered(row, order), here, order)

    def _ordered(self, row: TransferRow, order: Order) -> TransferRow:
        """Writes down what is to be moved."""
        return self._note(row, TransferStage.MOVING, items_json=order.model_dump(mode="json"))

    def _moved(self, row: TransferRow, here: _Here, order: Order) -> TransferView:
        """Asks Transfer how it stands, no oftener than need be."""
        now = self._clock.now()
        if 0 < here.next_look - now <= LONGEST_LOOK:
            return here.view
        row = self._handed_over(row, order)
        task = self._line.task(str(row.task_id))
        here.next_look = now + min(LONGEST_LOOK, max(FIRST_LOOK, (now - here.begun) / 10))
        if task is None:
            return self._fail(row, "Globus Transfer does not know the transfer any more.", transient=True)
        if task["status"] == "SUCCEEDED":
            return self._settled(self._note(row, TransferStage.ARRIVED), here, order)
        if task["status"] == "FAILED":
            return self._fail(row, *failed(task, self._route))
        return self._going_on(row, here, order, task)

    def _going_on(self, row: TransferRow, here: _Here, order: Order, task: Any) -> TransferView:
        """Shows what Transfer says, and ends what only people can mend when they had time enough."""
        paused = self._line.pause_message(str(row.task_id)) if task.get("is_paused") else ""
        view = in_progress(task, self._route, order.total, paused)
        if not needs_people(task):
            here.stuck_since = None
        elif here.stuck_since is None:
            here.stuck_since = self._clock.now()
        elif self._clock.now() - here.stuck_since > PATIENCE:
            self._line.cancel(str(row.task_id))
            return self._fail(row, view.message)
        return replace(view, attempt=_count(row))

    def _settled(self, row: TransferRow, here: _Here, order: Order) -> TransferView:
        """Has the next archive unpacked, or puts the next file in its place."""
        try:
            order = settle(self._route, self._compute, order, here.parcels)
        except SiteRefused as error:
            if error.transient:  # another call for the same archive is at it
                return _arrived(row, order, error.message)
            raise
        stage = TransferStage.DONE if order.settled == len(order.cargo) else TransferStage.ARRIVED
        row = self._note(row, stage, items_json=order.model_dump(mode="json"))
        if stage is TransferStage.ARRIVED:
            return _arrived(row, order)
        self._leave(row.name)
        clear(self._route, _prefix(row))
        return _ended(row)

    def _fail(self, row: TransferRow, error: str, transient: bool = False) -> TransferView:
        """Ends an attempt, and cleans up after it."""
        self._leave(row.name)
        attempt = row.attempt
        row = self._log.read(row.name) or row  # it may have got further since
        if row.attempt != attempt or not row.stage.under_way:
            raise LeaseLost(row.name)
        row = self._note(row, TransferStage.FAILED, error=error, transient=transient)
        clear(self._route, _prefix(row))
        return _ended(row)

    def _leave(self, transfer: str) -> None:
        """Forgets what this process alone knows of an attempt, and stops packing for it, after the file it is at."""
        if here := self._here.pop(transfer, None):
            here.stopped.set()
            if here.packing is not None and not here.packing.cancel():
                wait([here.packing])

    def _note(self, row: TransferRow, stage: TransferStage, **change: Any) -> TransferRow:
        return self._log.note(row, self._clock.now(), stage_name=stage.value, **change)

    # Transfer --------------------------------------------------------------------------------------------------

    def _handed_over(self, row: TransferRow, order: Order) -> TransferRow:
        """Hands a transfer over, if it was not. Transfer takes a submission id once, and then names the same task."""
        if row.submission_id is None:
            row = self._log.note(row, self._clock.now(), submission_id=self._line.submission_id())
        if row.task_id is None:
            document = order.document(self._route, str(row.submission_id), row.name, self._clock.now())
            row = self._log.note(row, self._clock.now(), task_id=self._line.submit(document))
        return row


def _came_damaged(error: ArmariusError) -> bool:
    """Tells whether what arrived, here or there, is not what was sent: then it is sent again."""
    return isinstance(error, DamagedFile) or (isinstance(error, SiteRefused) and error.error == BadBundle.__name__)


def _prefix(row: TransferRow) -> str:
    """Names the files of an attempt: another attempt never writes what this one may still be moving."""
    return f"{row.name}-{row.attempt}"


def _order(row: TransferRow) -> Order | None:
    return Order.model_validate(row.items_json) if row.items_json is not None else None


def _count(row: TransferRow) -> int:
    """Returns the number of the attempt since the transfer was last given up."""
    return row.attempt - row.before


def _arrived(row: TransferRow, order: Order, message: str = "") -> TransferView:
    """All is there, and not all has its place yet."""
    said = message or f"{order.settled} of {len(order.cargo)} checked and put in place."
    return TransferView(TransferState.ACTIVE, order.total, order.total, message=said, attempt=_count(row))


def _ended(row: TransferRow) -> TransferView:
    order = _order(row)
    total = order.total if order else 0
    if row.stage is TransferStage.DONE:
        return TransferView(TransferState.DONE, total, total, attempt=_count(row))
    return TransferView(
        TransferState.FAILED, total=total, error=row.error, transient=row.transient, attempt=_count(row)
    )
