"""The Python API of campaigns."""

import secrets
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from armarius.client.adapters.clock import SystemClock
from armarius.client.campaigns.asked import Limits, Work
from armarius.client.campaigns.bringing import Bringing
from armarius.client.campaigns.chunks import Chunks
from armarius.client.campaigns.claiming import asked_from, claimed
from armarius.client.campaigns.driving import Driving
from armarius.client.campaigns.events import WentOn
from armarius.client.campaigns.images import Images, ImagesBrought
from armarius.client.campaigns.ledger import Ledger
from armarius.client.campaigns.log import CampaignLog, read_log
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.campaigns.sources.choosing import read_source
from armarius.client.campaigns.standing import CampaignState, Now, Standing
from armarius.client.campaigns.web.manners import MB, Manners
from armarius.client.campaigns.web.shelf import Shelf
from armarius.client.campaigns.web.visitor import Visitor
from armarius.client.config import data_home
from armarius.client.ports import Clock

SHELF_BYTES = 20_000 * MB
"""What the shelf of a person keeps of what was fetched, for campaigns to come."""

TICK_SECONDS = 0.5

IN_LINE = 16
"""Images that wait in line for each thread that brings them."""


class Campaign:
    """Many pages, done by a pool in parts.

    It is known by the folder of its results, and all that is known of it is in there. Any process may take it further,
    one at a time; kill it at any moment and go on later.

    Args:
        folder: The folder.

    Raises:
        CampaignNotFound: It holds none.
    """

    def __init__(self, folder: Path | str) -> None:
        self.place = CampaignPlace(Path(folder).absolute())
        self.asked = self.place.asked()

    @classmethod
    def begin(
        cls,
        source: str | Path,
        folder: Path | str,
        work: Work,
        *,
        name: str = "",
        manners: Manners | None = None,
        limits: Limits | None = None,
        shelf: Path | None = None,
        **paths: Any,
    ) -> "Campaign":
        """Writes a campaign down. It begins when somebody drives it. One that is there already, and equal, goes on.

        Args:
            source: A folder of images, a IIIF manifest (a file, or an address), or a text file of addresses.
            folder: For the results; empty, not there yet, or that of the same campaign.
            work: What to do to every page.
            name: What to call it; by default as its source.
            manners: How the web is asked.
            limits: What the pool heeds.
            shelf: Where what is fetched is kept, by default the user's data directory.
            paths: ``model_path`` and ``segmentation_path``, where the models are on this machine, and ``reuse``,
                folders of campaigns whose pages need not be done again.

        Raises:
            BadInput: Something given cannot be used; the message names it.
            FetchFailed: A manifest could not be fetched.
            OutputTaken: The folder holds something else.
        """
        place, manners = CampaignPlace(Path(folder).absolute()), manners or Manners()
        given = str(source)
        if not given.startswith(("http://", "https://")):
            given = str(Path(source).absolute())
        with opened_shelf(manners, shelf) as kept:

            def manifest(address: str) -> bytes:
                return kept.get(address, "manifest", manners.most_manifest, lambda _: "json").path.read_bytes()

            listing = read_source(given, manifest, manners.most_manifest, place.folder)
        asked = asked_from(
            id=secrets.token_hex(6), name=name or listing.name, source=given, source_sha256=listing.digest(),
            work=work, pages=listing.pages, manners=manners, limits=limits or Limits(), notes=listing.notes, **paths,
        )  # fmt: skip
        return cls(claimed(place, asked).folder)

    def status(self) -> Standing:
        """Reads how it stands; also while another process works on it."""
        ledger, now = Ledger(self.asked, read_log(self.place.log_path)), self._now()
        why = ledger.halted.why if ledger.halted else ""
        return Standing(self.asked, self._state(ledger), ledger.counts(), now, why)

    def drive(
        self,
        chunks: Chunks,
        seen: Callable[[Standing], None] = lambda _: None,
        stop: threading.Event | None = None,
        *,
        shelf: Path | None = None,
        clock: Clock | None = None,
    ) -> Standing:
        """Takes it further until it has ended, or is paused, or ``stop`` is set.

        Args:
            chunks: The pool.
            seen: Called after every step.
            stop: Set it to leave before; what sites compute goes on, or pauses, as the pool has it.
            shelf: Where what is fetched is kept.
            clock: The time.

        Raises:
            CampaignBusy: Another process works on it.
            OSError: The results cannot be written. Nothing is lost: mend that and drive it again.
        """
        stop = stop or threading.Event()
        with self.place.locked(), closing(CampaignLog(self.place.log_path)) as log:
            with opened_shelf(self.asked.manners, shelf) as kept:
                images = ImagesBrought(self.place, self.asked, kept)
                with _threads(self.asked.manners.at_once, kept.leave) as executor:
                    driving = self._driving(log, chunks, images, executor, clock or SystemClock())
                    _run(driving, lambda: seen(self._standing(driving)), stop)
            driving.leave()
            return self._standing(driving)

    def pause(self) -> None:
        """Wishes that nothing be handed out any more. What sites have is still done, and kept."""
        if not self.status().state.final:
            self.place.pause_path.touch()

    def cancel(self) -> None:
        """Wishes that it end. What is done stays."""
        if not self.status().state.final:
            self.place.cancel_path.touch()

    def resume(self, *, left_out: bool = False) -> None:
        """Takes wishes to pause or to cancel back, and lets it go on when it is driven again, whyever it halted.

        Args:
            left_out: Try the pages again that were left out, too.

        Raises:
            CampaignBusy: It must be told that it goes on, but another process works on it.
        """
        self.place.pause_path.unlink(missing_ok=True)
        self.place.cancel_path.unlink(missing_ok=True)
        if left_out or Ledger(self.asked, read_log(self.place.log_path)).halted:
            with self.place.locked(), closing(CampaignLog(self.place.log_path)) as log:
                log.write(WentOn(left_out=left_out, at=SystemClock().now()))

    def _driving(self, log: CampaignLog, chunks: Chunks, images: Images, executor: Executor, clock: Clock) -> Driving:
        bringing = Bringing(images, executor, IN_LINE * self.asked.manners.at_once)
        return Driving(self.place, self.asked, log, chunks, bringing, clock)

    def _standing(self, driving: Driving) -> Standing:
        ledger = driving.ledger
        why = ledger.halted.why if ledger.halted else ""
        return Standing(self.asked, driving.state, ledger.counts(), driving.now, why)

    def _state(self, ledger: Ledger) -> CampaignState:
        if ledger.halted:
            return CampaignState(ledger.halted.end)
        is_worked_on = self.place.is_worked_on()
        if self.place.cancel_path.exists():
            return CampaignState.CANCELLING
        if self.place.pause_path.exists():
            return CampaignState.PAUSING if is_worked_on else CampaignState.PAUSED
        return CampaignState.RUNNING if is_worked_on else CampaignState.READY

    def _now(self) -> Now:
        try:
            return Now.model_validate_json(self.place.now_path.read_bytes())
        except (OSError, ValidationError):
            return Now(at=0)


def _run(driving: Driving, seen: Callable[[], None], stop: threading.Event) -> None:
    while True:
        state = driving.step()
        seen()
        if state.final or state is CampaignState.PAUSED or stop.is_set():
            return
        driving.rest(TICK_SECONDS)


@contextmanager
def opened_shelf(manners: Manners, folder: Path | None) -> Iterator[Shelf]:
    """Gives the shelf of what was fetched; its connections are closed at the end."""
    visitor = Visitor(manners)
    try:
        yield Shelf(folder or data_home() / "web", visitor, SHELF_BYTES)
    finally:
        visitor.close()


@contextmanager
def _threads(count: int, leave: Callable[[], None]) -> Iterator[Executor]:
    """Gives threads for images. At the end, those that wait or read are told to go."""
    executor = ThreadPoolExecutor(count, "image")
    try:
        yield executor
    finally:
        leave()
        executor.shutdown(cancel_futures=True)
