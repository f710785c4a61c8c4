"""Taking a campaign further: one step does what can be done without waiting, and may be repeated at any time."""

import logging
import secrets
from collections.abc import Sequence
from typing import Literal

from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.bringing import Bringing
from armarius.client.campaigns.chunks import Chunk, ChunkImage, Chunks, ChunkState, ChunkView, SiteOffer
from armarius.client.campaigns.division.portion import SiteState
from armarius.client.campaigns.division.queueing import Queueing
from armarius.client.campaigns.events import Ended, Event, GivenUp, Halted, HandedOut, PageDone
from armarius.client.campaigns.filing import Filing
from armarius.client.campaigns.handing import next_part, site_states, to_take_back
from armarius.client.campaigns.intake import Intake
from armarius.client.campaigns.ledger import Ledger
from armarius.client.campaigns.log import CampaignLog
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.campaigns.results import write_results
from armarius.client.campaigns.standing import CampaignState, Now, now_of
from armarius.client.ports import Clock
from armarius.functions.contracts import ArmariusError
from armarius.functions.files import write_bytes

_LOG = logging.getLogger(__name__)

ALONE = "Every part that it was in failed, even where it was alone."
NOT_BROUGHT = "None brought it back. Has its image changed since the campaign began?"

NOTE_PACE, RESULTS_PACE = 5.0, 300.0
"""Seconds between two notes of how it stands, and between two lists of what came of each page."""


class Driving:
    """Takes one campaign further. Only the process that holds its lock has one.

    Args:
        place: Its folder.
        asked: What was asked.
        log: What has happened, open for more.
        chunks: The pool.
        bringing: Brings images.
        clock: The time.
    """

    def __init__(
        self, place: CampaignPlace, asked: Asked, log: CampaignLog, chunks: Chunks, bringing: Bringing, clock: Clock
    ) -> None:
        self._place, self._asked, self._log = place, asked, log
        self._chunks, self._bringing, self._clock = chunks, bringing, clock
        self._filing = Filing(place, asked)
        self._views: dict[str, ChunkView] = {}
        self._offers: Sequence[SiteOffer] = ()
        self._queueing = Queueing()
        self._next_note = 0.0
        self._next_results = clock.now() + RESULTS_PACE
        self._unwanted: set[str] = set()
        self._told = ""
        self.ledger = Ledger(asked, log.events)
        place.sweep(self.ledger.in_flight)
        self._intake = Intake(self.ledger, bringing, self._filing, clock)
        self.trouble = ""
        """Why something could not be done; empty if all could. It is tried again."""

    @property
    def state(self) -> CampaignState:
        """Where it is."""
        if self.ledger.halted:
            return CampaignState(self.ledger.halted.end)
        if self._place.cancel_path.exists():
            return CampaignState.CANCELLING
        if self._place.pause_path.exists():
            under_way = self.ledger.in_flight or self._bringing.is_busy
            return CampaignState.PAUSING if under_way else CampaignState.PAUSED
        return CampaignState.RUNNING

    @property
    def now(self) -> Now:
        """What is known of its parts."""
        at = self._clock.now()
        return now_of(self.ledger, self._views, self._sites(at), at, self.trouble)

    def step(self) -> CampaignState:
        """Does what can be done now, and tells where it is.

        Raises:
            OSError: The results cannot be written; nothing is lost.
        """
        self.trouble = ""
        if not self.state.final:
            self._happened(*self._intake.arrived())
            self._look()
            self._go_on()
            self._end()
            self._note()
        return self.state

    def rest(self, seconds: float) -> None:
        """Waits until something may have changed, at most for some seconds."""
        if self._bringing.is_busy:
            self._bringing.wait(seconds)
        else:
            self._chunks.wait(seconds)

    def leave(self) -> None:
        """Writes down how it stands, for who comes next."""
        write_results(self._place, self._asked, self.ledger)
        self._place.now_path.unlink(missing_ok=True)

    # Parts ---------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        for chunk, part in list(self.ledger.in_flight.items()):
            try:
                view = self._chunks.look(chunk)
                if view.state is ChunkState.UNKNOWN:
                    self._submit(part)
                    continue
                self._views[chunk] = view
                if view.state.final:
                    self._part_ended(part, view)
                elif view.error:
                    self._troubled(view.error)
            except ArmariusError as error:
                self._troubled(str(error))
        self._queueing.note(self.ledger.in_flight.values(), self._views, self._clock.now())

    def _sites(self, at: float) -> list[SiteState]:
        return site_states(self.ledger, self._offers, self._views, self._queueing, at)

    def _part_ended(self, part: HandedOut, view: ChunkView) -> None:
        pages = self._filing.file_part(self.ledger, part, view)
        end, error = self._end_of(part, view)
        at = self._clock.now()
        behind = self._queueing.behind(part.chunk)
        self._happened(
            Ended(chunk=part.chunk, end=end, error=error, seconds=view.seconds, behind=behind, pages=pages, at=at)
        )
        self._views.pop(part.chunk, None)
        self._queueing.forget(part.chunk)
        self._chunks.forget(part.chunk)

    def _end_of(self, part: HandedOut, view: ChunkView) -> tuple[Literal["done", "failed", "cancelled"], str]:
        """Says how a part ended, and why. One that somebody else cancelled has failed: else it came again and again."""
        if view.state is not ChunkState.CANCELLED:
            return ("done" if view.state is ChunkState.DONE else "failed"), view.error
        if part.chunk in self._unwanted or self._place.cancel_path.exists():
            return "cancelled", view.error
        return "failed", view.error or "Somebody cancelled its job."

    def _go_on(self) -> None:
        state = self.state
        if state is CampaignState.CANCELLING:
            for chunk in self.ledger.in_flight:
                self._cancel(chunk)
        elif state is CampaignState.RUNNING:
            self._give_up()
            self._happened(*self._intake.begin())
            self._hand_out()
            for trouble in self.ledger.outages.told():
                self._troubled(trouble)

    def _give_up(self) -> None:
        """Leaves out the images with which a part fails even when they are alone in it."""
        hopeless = self.ledger.hopeless()
        if hopeless and not self.ledger.is_stuck:
            pages = tuple(
                PageDone(image=image, fault="failed_alone", message=f"{ALONE} {error or NOT_BROUGHT}")
                for image, error in hopeless.items()
            )
            self._happened(GivenUp(pages=pages, at=self._clock.now()))

    def _hand_out(self) -> None:
        try:
            self._offers = self._chunks.sites(self._asked)
        except ArmariusError as error:
            self._troubled(str(error))
            return
        at = self._clock.now()
        while not self.ledger.is_stuck and (chosen := next_part(self.ledger, self._sites(at))):
            pages = tuple(self.ledger.first_page(image) for image in chosen.images)
            part = HandedOut(chunk=f"{self._asked.id}{secrets.token_hex(4)}", site=chosen.site, pages=pages, at=at)
            self._happened(part)
            self._submit(part)
        for chunk in to_take_back(self.ledger, self._offers, self._views, self._queueing, at):
            self._cancel(chunk)

    def _submit(self, part: HandedOut) -> None:
        """Hands a part out, for the first time or again; one that is refused has failed."""
        held = [self.ledger.held[page] for page in part.pages]
        images = tuple(ChunkImage(each.file, each.sha256) for each in held)
        try:
            self._chunks.submit(self._asked, Chunk(part.chunk, part.site, images))
        except ArmariusError as error:
            self._troubled(str(error))
            if not error.transient:
                self._happened(Ended(chunk=part.chunk, end="failed", error=str(error), at=self._clock.now()))

    def _cancel(self, chunk: str) -> None:
        self._unwanted.add(chunk)
        try:
            self._chunks.cancel(chunk)
        except ArmariusError as error:
            self._troubled(str(error))

    # The end -------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        """Tells that it has ended, or stopped, if so."""
        ledger, at = self.ledger, self._clock.now()
        if ledger.is_complete and not self._bringing.is_busy:
            write_results(self._place, self._asked, ledger)
            self._happened(Halted(end="finished", at=at))
        elif self.state is CampaignState.CANCELLING and not ledger.in_flight:
            self._happened(Halted(end="cancelled", at=at))
        elif ledger.is_stuck and not ledger.in_flight:
            why = f"{ledger.failures} parts in a row failed. The last: {ledger.last_error or 'it brought nothing'}"
            self._happened(Halted(end="stopped", why=why, at=at))
        elif ledger.waits_in_vain() and not self._bringing.is_busy:
            self._end_in_vain()

    def _end_in_vain(self) -> None:
        """Stops where no image comes from anywhere; a page that was sought so often enough is left out."""
        why = " ".join(self.ledger.outages.told())
        self._happened(*self._intake.sought_in_vain())
        if not self.ledger.is_complete:
            self._happened(Halted(end="stopped", why=why, at=self._clock.now()))

    def _happened(self, *events: Event) -> None:
        """Writes down what has happened, and then takes it in."""
        self._log.write(*events)
        self.ledger.apply(*events)

    def _troubled(self, trouble: str) -> None:
        """Notes why something could not be done, and logs it when it is another reason than before."""
        if trouble not in (self.trouble, self._told):
            _LOG.info("%s It is tried again.", trouble)
        self.trouble = self._told = trouble

    def _note(self) -> None:
        """Writes down, now and then, what only this process knows. It may be lost."""
        at = self._clock.now()
        if at >= self._next_note:
            self._next_note = at + NOTE_PACE
            write_bytes(self._place.now_path, self.now.canonical_json())
        if at >= self._next_results:
            self._next_results = at + RESULTS_PACE
            write_results(self._place, self._asked, self.ledger)
