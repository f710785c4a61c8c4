"""Where a campaign is: every path in its folder."""

import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path

from pydantic import ValidationError

from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.errors import CampaignBusy, CampaignDamaged, CampaignNotFound
from armarius.client.errors import shown
from armarius.functions.contracts import PageFormat
from armarius.functions.files import write_bytes

ONE_XML = "xml"
SUFFIXES: dict[PageFormat, str] = {"alto": "alto.xml", "page": "page.xml", "text": "txt"}

LOCK_TRIES, LOCK_PAUSE = 5, 0.02
"""Who only asks whether somebody works on it holds the lock for less than that, in seconds."""

_UNFINISHED = re.compile(r"\.([0-9]{4,}-.*|pages|left-out|asked|now)\.[0-9a-f]{8}\.[a-z0-9]+")
"""A file of ours that has not got its name yet."""


@dataclass(frozen=True)
class CampaignPlace:
    """The folder that a campaign's results go to; what it needs itself is in a folder within.

    ::

        0001-f1r.xml …     the pages
        0001-f1r.jpg …     their images, if they were fetched: where programs look for them
        pages.json         what came of each
        left-out.txt       which were left out, and why
        campaign/          what was asked, and the log of what has happened

    Attributes:
        folder: The folder.
    """

    folder: Path

    @property
    def own(self) -> Path:
        """What a campaign needs itself."""
        return self.folder / "campaign"

    @property
    def asked_path(self) -> Path:
        """What was asked."""
        return self.own / "asked.json"

    @property
    def log_path(self) -> Path:
        """What has happened."""
        return self.own / "log"

    @property
    def now_path(self) -> Path:
        """How it stands, for who only looks; may be missing or old."""
        return self.own / "now.json"

    @property
    def lock_path(self) -> Path:
        """Held by the one process that works on it."""
        return self.own / "lock"

    @property
    def pause_path(self) -> Path:
        """Its presence is the wish to pause."""
        return self.own / "PAUSE"

    @property
    def cancel_path(self) -> Path:
        """Its presence is the wish to cancel."""
        return self.own / "CANCEL"

    @property
    def chunks(self) -> Path:
        """What sites brought, until it has its place."""
        return self.own / "chunks"

    @property
    def pages_path(self) -> Path:
        """What came of each page."""
        return self.folder / "pages.json"

    @property
    def left_out_path(self) -> Path:
        """Which were left out, and why."""
        return self.folder / "left-out.txt"

    def result_path(self, stem: str, form: PageFormat, formats: tuple[PageFormat, ...]) -> Path:
        """Returns where a page belongs: the only XML of it is simply called so."""
        alone = form != "text" and len({"alto", "page"} & set(formats)) == 1
        return self.folder / f"{stem}.{ONE_XML if alone else SUFFIXES[form]}"

    def write_asked(self, asked: Asked) -> None:
        """Writes what is asked; before it is there, there is no campaign."""
        write_bytes(self.asked_path, asked.canonical_json())

    def asked(self) -> Asked:
        """Reads what was asked.

        Raises:
            CampaignNotFound: There is none.
            CampaignDamaged: It cannot be understood.
        """
        try:
            return Asked.model_validate_json(self.asked_path.read_bytes())
        except OSError as error:
            raise CampaignNotFound(self.folder) from error
        except ValidationError as error:
            what = f"{shown(self.asked_path)} cannot be understood: {error.errors()[0]['msg']}."
            raise CampaignDamaged(what, "A later version may have written it.") from error

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keeps all other processes from working on it. The kernel frees the lock however this one ends.

        Raises:
            CampaignBusy: Another process works on it.
        """
        self.own.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._lock(descriptor)
            yield
        finally:
            os.close(descriptor)

    def _lock(self, descriptor: int) -> None:
        for tries_left in reversed(range(LOCK_TRIES)):
            try:
                flock(descriptor, LOCK_EX | LOCK_NB)
                return
            except BlockingIOError as error:
                if not tries_left:
                    raise CampaignBusy(self.folder) from error
                time.sleep(LOCK_PAUSE)

    def sweep(self, parts: Iterable[str]) -> None:
        """Deletes what a killed process was just writing, and what parts brought that were taken in before.

        Args:
            parts: Those that are under way.
        """
        for folder in (self.folder, self.own):
            for path in folder.glob(".*"):
                if _UNFINISHED.fullmatch(path.name):
                    path.unlink(missing_ok=True)
        for brought in self.chunks.glob("*"):
            if brought.name not in set(parts):
                shutil.rmtree(brought, ignore_errors=True)

    def is_worked_on(self) -> bool:
        """Tells whether a process works on it."""
        with suppress(FileNotFoundError):
            descriptor = os.open(self.lock_path, os.O_RDWR | os.O_CLOEXEC)
            try:
                flock(descriptor, LOCK_SH | LOCK_NB)  # several may ask at once
            except BlockingIOError:
                return True
            finally:
                os.close(descriptor)
        return False
