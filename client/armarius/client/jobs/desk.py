"""What every step of a job has at hand."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from typing import Any

from pydantic import ValidationError

from armarius.client.config import AccountRules, AnySiteConfig, DataRules, GlobusSiteConfig
from armarius.client.errors import AccountNeeded, SiteRefused, SiteUnknown, SiteUnreachable
from armarius.client.jobs.owner import is_gone
from armarius.client.jobs.people import People
from armarius.client.jobs.people import SiteLink as SiteLink
from armarius.client.jobs.places import identity_of, place_of, site_of
from armarius.client.jobs.state import JobState
from armarius.client.journal import Drain, JobRow, Journal, RunRow
from armarius.client.journal.drains import KnownDrains
from armarius.client.journal.sitetables import SiteRow
from armarius.client.placement.scout import Scout
from armarius.client.ports import Clock, TaskView
from armarius.functions.contracts import (
    ArmariusError,
    EpochModel,
    PageResult,
    ProbeRequest,
    ProgressAnswer,
    ProgressRequest,
    ReleaseRequest,
    RunState,
    RunStatus,
    SiteReport,
    StopRequest,
    Watched,
)

LEASE_SECONDS = 60.0

MOST_AT_ONCE = 50
"""Runs that one call asks for: the answer must stay well below Globus Compute's 10 MiB."""


@dataclass(frozen=True)
class Desk:
    """The journal, the sites and the time, as one driver sees them.

    Attributes:
        owner: This driver's name in leases.
        accounts: Who may use how much, and whose turn it is.
        homing: The same of pages that were segmented or transcribed.
        people: The ways that people's own accounts open.
        epochs: The models of epochs that were told of and are not home yet, by run: what only this driver remembers.
        scout: What this driver knows of sites.
        data_rules: Whose data goes only to some sites.
    """

    journal: Journal
    sites: Mapping[str, SiteLink]
    clock: Clock
    owner: str
    accounts: AccountRules = field(default_factory=AccountRules)
    epochs: dict[str, list[EpochModel]] = field(default_factory=dict)
    homing: dict[str, list[PageResult]] = field(default_factory=dict)
    people: People | None = None
    scout: Scout = field(default_factory=Scout)
    data_rules: DataRules = field(default_factory=DataRules)
    _drains: KnownDrains = field(default_factory=KnownDrains)
    _leases: dict[str, float] = field(default_factory=dict)
    _heard: dict[str, tuple[int, RunStatus]] = field(default_factory=dict)
    _releasing: list[RunRow] = field(default_factory=list)

    def claim(self, job_id: str) -> bool:
        """Takes the lease on a job, or renews it before half of it is over.

        The lease of a process of this machine that is gone need not be waited for.

        Returns:
            Whether this driver may go on with the job.
        """
        now = self.clock.now()
        if LEASE_SECONDS / 2 < self._leases.get(job_id, 0.0) - now <= LEASE_SECONDS:  # more: the clock was put back
            return True
        if not self.journal.claim(job_id, self.owner, now, LEASE_SECONDS) and not self._inherit(job_id, now):
            return False
        self._leases[job_id] = now + LEASE_SECONDS
        return True

    def _inherit(self, job_id: str, now: float) -> bool:
        """Takes the lease of a holder that is known to be dead."""
        holder = self.journal.job(job_id).lease_owner
        dead = holder is not None and holder != self.owner and is_gone(holder)
        return dead and self.journal.claim(job_id, self.owner, now, LEASE_SECONDS, instead_of=holder)

    def give_back(self, job_id: str) -> None:
        """Ends the lease on a job before its time, if it is held."""
        if self._leases.pop(job_id, None) is not None:
            self.journal.give_back(job_id, self.owner)

    def give_back_all(self) -> None:
        """Ends all leases before their time."""
        for job_id in list(self._leases):
            self.give_back(job_id)

    def forget(self, job_id: str) -> None:
        """Notes that another driver has taken a job over."""
        self._leases.pop(job_id, None)

    def move(self, job: JobRow, state: JobState, message: str = "", error: str = "") -> None:
        """Brings a job into a state."""
        self.journal.move(job.id, self.owner, state, self.clock.now(), message, error)

    def fail(self, job: JobRow, error: str) -> None:
        """Ends a job with the reason."""
        self.move(job, JobState.FAILED, error=error)

    def link(self, site: str) -> SiteLink:
        """Returns the ways to reach a site, or a place on it.

        Raises:
            SiteUnknown: It is not configured any more.
            AccountNeeded: The key is missing that opens it.
        """
        common, identity = self.sites.get(site_of(site)), identity_of(site)
        if common is None or (identity and self.people is None):
            raise SiteUnknown(site)
        return self.people.link(common, identity) if identity and self.people else common

    def knows(self, place: str) -> bool:
        """Tells whether there is a way to a place: its site is configured, and there is a key if it needs one."""
        identity = identity_of(place)
        return site_of(place) in self.sites and (not identity or bool(self.people and self.people.has(identity)))

    def place_on(self, site: AnySiteConfig, identity: str | None) -> str:
        """Names where a job runs on a site: under its owner's account, if they have lent it and the site has those.

        Raises:
            AccountNeeded: This process has no keys of people; another has.
        """
        own = isinstance(site, GlobusSiteConfig) and site.own_accounts
        if own and identity and self.people is None:
            raise AccountNeeded("This process has no keys of people's own accounts.", "eScriptorium's drives the job.")
        return place_of(site.name, identity if own else None)

    def drain_of(self, place: str) -> Drain | None:
        """Returns since or from when a site takes nothing new, whoever said so; None if nobody did in the journal."""
        return self._drains.of(self.journal.drains, site_of(place), self.clock.now())

    def is_drained(self, place: str) -> bool:
        """Tells whether a site takes nothing new: by its file, or by the journal."""
        link, drain = self.sites.get(site_of(place)), self.drain_of(place)
        return bool(link and link.config.drained) or bool(drain and drain.holds(self.clock.now()))

    def is_emptying(self, place: str) -> bool:
        """Tells whether what a site has shall leave it."""
        drain = self.drain_of(place)
        return drain is not None and drain.is_emptying(self.clock.now())

    def status(self, run: RunRow) -> RunStatus:
        """Tells how a run stands, from where it was last heard of: as :meth:`hear` heard, else by asking the site."""
        position, heard = self._heard.pop(run.id, (None, None))
        if heard is not None and position == run.position:
            return heard
        return self._ask(run)

    def is_quiet(self, run: RunRow) -> bool:
        """Tells whether :meth:`hear` has just heard that a run goes on, and nothing else; else somebody must look."""
        position, status = self._heard.get(run.id, (None, None))
        if status is None or position != run.position or self.epochs.get(run.id):
            return False
        if self.homing.get(run.id) and self.scout.homing.get(run.id, 0.0) <= self.clock.now():
            return False
        return status.state is RunState.RUNNING and not status.progress and status.report is None

    def task(self, run: RunRow) -> TaskView | None:
        """Tells what the site's service knows of a run's task, if it has one.

        Raises:
            SiteUnreachable: It cannot be told now.
        """
        with _only_looking(run.site):
            return self.link(run.site).compute.task(run.reference) if run.reference else None

    def stop(self, site: str, run_id: str, *, pause: bool = False) -> None:
        """Tells a site that a run shall end, or pause; one that has not begun never will.

        Raises:
            SiteUnreachable: The site was not told. A wish to end is repeated until it is.
        """
        request = StopRequest(runs=(run_id,), pause=pause)
        with _only_looking(site):
            self.link(site).compute.call("cancel", request.model_dump(mode="json"))

    def release(self, site: str, run_ids: Iterable[str]) -> None:
        """Lets a site delete what it kept of runs; when it does not hear it, nothing is wrong."""
        request = ReleaseRequest(runs=tuple(run_ids))
        with suppress(ArmariusError):
            self.link(site).compute.call("release", request.model_dump(mode="json"))

    def release_soon(self, run: RunRow) -> None:
        """Lets its site delete what it kept of a run, when it is told of all of them: see :meth:`release_all`."""
        self._releasing.append(run)

    def release_all(self) -> None:
        """Tells the sites of the runs of which nothing is needed any more, many at once."""
        runs = list(self._releasing)
        self._releasing.clear()
        for there in _at_once(runs):
            self.release(there[0].site, [run.id for run in there])

    def hear(self, runs: Iterable[RunRow]) -> None:
        """Asks each site once how all of these runs stand; the next :meth:`status` of each needs no call.

        All sites are asked at the same time. One that does not answer is asked again by :meth:`status`, which says so.
        """
        self._heard.clear()
        asked: list[tuple[list[RunRow], Future[dict[str, Any]]]] = []
        groups = list(_at_once(runs))
        with ThreadPoolExecutor(max(1, len(groups)), thread_name_prefix="hearing") as threads:
            for there in groups:
                with suppress(ArmariusError):
                    call = self.link(there[0].site).compute.call
                    asked.append((there, threads.submit(call, "progress", _question(there))))
        for there, answer in asked:
            with suppress(ArmariusError):
                for run, status in zip(there, self._told(there, answer.result), strict=True):
                    self._heard[run.id] = (run.position, status)

    def _ask(self, run: RunRow) -> RunStatus:
        return self._told([run], lambda: self.link(run.site).compute.call("progress", _question([run])))[0]

    def _told(self, runs: list[RunRow], answer: Callable[[], dict[str, Any]]) -> tuple[RunStatus, ...]:
        site = runs[0].site
        with _only_looking(site):
            statuses = ProgressAnswer.model_validate(answer()).runs
            if [status.run_id for status in statuses] != [run.id for run in runs]:
                raise SiteRefused(f"{site} answered about other runs than it was asked for.")
            self.scout.contact(self.journal, site_of(site), self.clock.now())
            return statuses

    def probe(self, link: SiteLink, digests: list[str], *, whole: bool = False, run: str | None = None) -> SiteReport:
        """Asks a site for its state, and which of some files it lacks.

        Args:
            link: The site.
            digests: The files.
            whole: Ask for its queue and contents, too.
            run: The run for which the files shall stay there. A site of an older release does not know the word.
        """
        request = ProbeRequest(blobs=tuple(digests), whole=whole, run=run)
        payload = request.model_dump(mode="json")
        return SiteReport.model_validate(link.compute.call("probe", payload))

    def ask(self, site: str, *, anew: bool = False) -> SiteRow:
        """Tells how a site is, as any driver has heard within the last minute; else it is asked.

        One that does not answer is silent, and no error. Safe in threads.

        Args:
            site: Its name.
            anew: Ask it however lately it was heard of.

        Raises:
            SiteUnknown: It is not configured any more.
        """
        probe = partial(self.probe, self.link(site), whole=True)
        return self.scout.tidings.of(self.journal, site, probe, self.clock.now(), anew=anew)


@contextmanager
def _only_looking(site: str) -> Iterator[None]:
    """Makes sure that no answer to a mere look ends a job: what the site computes goes on all the same.

    Raises:
        SiteUnreachable: For a while, nothing can be told.
    """
    try:
        yield
    except ArmariusError as error:
        if error.transient:
            raise
        raise SiteUnreachable(f"How it stands on {site} cannot be told: {error.message}", error.hint) from error
    except ValidationError as error:
        said = f"{site} answered in words of another release: {error.errors()[0]['msg']}."
        raise SiteUnreachable(said, "Install the same version here and there.") from error


def _at_once(runs: Iterable[RunRow]) -> Iterator[list[RunRow]]:
    """Puts those runs together of which one call asks."""
    for _, group in groupby(sorted(runs, key=_site), _site):
        there = list(group)
        for start in range(0, len(there), MOST_AT_ONCE):
            yield there[start : start + MOST_AT_ONCE]


def _question(runs: list[RunRow]) -> dict[str, Any]:
    request = ProgressRequest(runs=tuple(Watched(run_id=run.id, position=run.position) for run in runs))
    return request.model_dump(mode="json")


def _site(run: RunRow) -> str:
    return run.site
