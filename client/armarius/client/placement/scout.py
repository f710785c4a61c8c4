"""What this driver knows of sites: asked seldom, kept in the journal, so that no job has to ask."""

from contextlib import suppress
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from armarius.client.errors import JournalUnreachable
from armarius.client.journal import Journal
from armarius.client.journal.sitelog import Load
from armarius.client.journal.sitetables import SiteRow, SpeedRow
from armarius.client.placement.carrying import Carriage, carriage
from armarius.client.placement.tidings import FRESH, Ask, Tidings, understood
from armarius.client.placement.waiting import WaitHistory, history_of
from armarius.client.placement.work import PAGE_SPEED, measured_around, measured_start
from armarius.functions.contracts import CheckpointRef, QueueReport, SiteReport

LOAD_FRESH = 10.0
"""Seconds for which the runs at all sites are not counted anew; what this driver adds meanwhile is added up."""


@dataclass(frozen=True)
class Facts:
    """A site as it is known now.

    Attributes:
        silent: Since when it has not answered, in seconds since 1970; None if it did the last time.
        trouble: Why not.
        report: Its last answer; None if it never gave one that can be understood.
        carriage: How long files take.
        waits: How long runs waited.
        speeds: How fast it computed models of the kind that was asked about.
        around: Seconds of trainings of that kind there that were no epochs.
        load: What the pool has there.
        running: How many runs of the pool it computed when it gave its answer; None if another driver asked it.
    """

    silent: float | None = None
    trouble: str = ""
    report: SiteReport | None = None
    carriage: Carriage = field(default_factory=Carriage)
    waits: WaitHistory = field(default_factory=WaitHistory)
    speeds: tuple[SpeedRow, ...] = ()
    around: tuple[float, ...] = ()
    load: Load = field(default_factory=Load)
    running: int | None = None

    @property
    def queue(self) -> QueueReport | None:
        """What its scheduler said; None if it has none, or did not tell."""
        return self.report.queue if self.report else None


@dataclass
class _Learnt:
    """What was read of a site from the journal, and when."""

    at: float
    carriage: Carriage
    waits: WaitHistory
    speeds: dict[str, tuple[SpeedRow, ...]] = field(default_factory=dict)
    around: dict[str, tuple[float, ...]] = field(default_factory=dict)


class Scout:
    """Remembers sites for one driver.

    Attributes:
        tidings: How each is.
        silent: Sites that did not answer the last time.
        answering: Sites that have answered since this driver began.
        reconsidered: By run that waits in a queue, when it was last looked whether it had better leave it.
        pauses: By such a run, the seconds until that is looked at again.
        fetching: By run, the checkpoint that is on its way home, and since when.
        homing: By run that works on pages, when the next of them may begin to come home.
        sent: By run, the files that this driver has sent to its site, where it had all others.
    """

    def __init__(self) -> None:
        self.tidings = Tidings()
        self.silent: set[str] = set()
        self.answering: set[str] = set()
        self.reconsidered: dict[str, float] = {}
        self.pauses: dict[str, float] = {}
        self.fetching: dict[str, tuple[CheckpointRef, float]] = {}
        self.homing: dict[str, float] = {}
        self.sent: dict[str, list[str]] = {}
        self._contacts: dict[str, float] = {}
        self._just_asked: set[str] = set()
        self._running: dict[str, tuple[float, int]] = {}
        self._learnt: dict[str, _Learnt] = {}
        self._held: dict[str, set[str]] = {}
        self._loads: dict[str, Load] = {}
        self._loads_at: float | None = None

    def facts(
        self, journal: Journal, site: str, probe: Ask, now: float, *, kind: str, digests: list[str], ask: bool = True
    ) -> Facts:
        """Tells how a site is; asks it only if that was not done within the last minute, by any driver.

        Args:
            journal: Where it is kept.
            site: Which.
            probe: How to ask it.
            now: Seconds since 1970.
            kind: Of model, whose speeds are wanted; or what is done with pages.
            digests: Files of which it is also asked, if it is asked, whether it lacks them.
            ask: Whether it may be asked; if not, it counts as one that answers.
        """
        if ask:
            row: SiteRow | None = self.tidings.of(journal, site, self._remembering(site, probe), now, digests)
        else:
            row = self.tidings.known(journal, site, now)
        if row is not None and site in self._just_asked:
            self._just_asked.discard(site)
            self._loads_at = None  # what it told and what runs there are to be of the same moment
            self._running[site] = row.tried, self._load(journal, now).get(site, Load()).running
        asked, running = self._running.get(site, (None, 0))
        learnt = self._read(journal, site, kind, now)
        return Facts(
            row.silent if row and ask else None,
            row.trouble if row else "",
            understood(row),
            learnt.carriage,
            learnt.waits,
            learnt.speeds[kind],
            learnt.around[kind],
            self._load(journal, now).get(site, Load()),
            running if row is not None and asked == row.tried else None,
        )

    def holds(self, site: str, digests: list[str]) -> set[str]:
        """Returns those of some files that a site is known to have."""
        return self._held.setdefault(site, set()).intersection(digests)

    def heard(self, site: str, asked: list[str], missing: list[str]) -> None:
        """Notes which files a site has, and which it lacks."""
        held = self._held.setdefault(site, set())
        held.update(asked)
        held.difference_update(missing)

    def contact(self, journal: Journal, site: str, now: float) -> None:
        """Notes that a site has just answered, whatever it was asked; in the journal at most once a minute."""
        if not 0 <= now - self._contacts.get(site, 0.0) < FRESH:
            self._contacts[site] = now
            with suppress(JournalUnreachable, IntegrityError):  # its driver will hear; another one was quicker
                journal.sites.contact(site, now)

    def forget(self, site: str) -> None:
        """Notes that something else than a probe told how a site is: it is read anew."""
        self.tidings.forget(site)

    def learnt(self, site: str) -> None:
        """Notes that a run has taught something of a site: its history is read anew."""
        self._learnt.pop(site, None)

    def placed(self, site: str, work: float) -> None:
        """Notes that one more run waits at a site: the next job is to reckon with it."""
        self._loads[site] = self._loads.get(site, Load()).and_more(1, work)

    def _remembering(self, site: str, probe: Ask) -> Ask:
        """Asks, and remembers what the site says of files."""

        def ask(digests: list[str]) -> SiteReport:
            report = probe(digests)
            self.heard(site, digests, list(report.missing))
            self._just_asked.add(site)
            return report

        return ask

    def _read(self, journal: Journal, site: str, kind: str, now: float) -> _Learnt:
        """Reads the history of a site, at most once a minute."""
        learnt = self._learnt.get(site)
        if learnt is None or not 0 <= now - learnt.at < FRESH:
            transfers = [(row.size, row.seconds) for row in journal.sites.transfers(site)]
            learnt = _Learnt(now, carriage(transfers), history_of(journal.sites.waits(site)))
            self._learnt[site] = learnt
        if kind not in learnt.speeds:
            learnt.speeds[kind] = tuple(journal.sites.speeds(site, kind))
            learnt.around[kind] = _around(journal, site, kind)
        return learnt

    def _load(self, journal: Journal, now: float) -> dict[str, Load]:
        if self._loads_at is None or not 0 <= now - self._loads_at < LOAD_FRESH:
            self._loads, self._loads_at = journal.sites.loads(now), now
        return self._loads


def _around(journal: Journal, site: str, kind: str) -> tuple[float, ...]:
    found = []
    for run in journal.sites.ended_runs(site, kind):
        resumed = run.spec_json.get("resume_from") or {}
        if kind in PAGE_SPEED:
            seconds = measured_start(run.report_json or {})
        else:
            seconds = measured_around(run.report_json or {}, resumed.get("epoch", 0))
        found += [seconds] if seconds is not None else []
    return tuple(found)
