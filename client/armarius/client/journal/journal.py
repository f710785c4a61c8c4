"""Reading and writing the journal."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from armarius.client.errors import JobNotFound, LeaseLost
from armarius.client.jobs.places import site_of
from armarius.client.jobs.request import JobRequest
from armarius.client.jobs.state import JobState
from armarius.client.journal import ends, linelog, usagelog
from armarius.client.journal.drains import DrainLog
from armarius.client.journal.glance import Glance
from armarius.client.journal.keeping import KeepingLog
from armarius.client.journal.opening import open_engine, prepare
from armarius.client.journal.reach import reachable, reading, rows, storable, writing
from armarius.client.journal.sitelog import SiteLog
from armarius.client.journal.sitetables import DecisionRow, GivenUpRow, NoteRow
from armarius.client.journal.tables import (
    EventRow,
    JobRow,
    ProgressRow,
    RunRow,
    SchemaRow,
    is_unfinished,
)
from armarius.client.journal.transfers import TransferLog
from armarius.client.journal.witnesses import HandedOver, Moved, Opened, Witnesses
from armarius.client.placement.decision import Decision
from armarius.functions.contracts import Progress, RunSpec, Shape


class Journal:
    """The durable memory of all jobs: SQLite in a file, or PostgreSQL for several machines.

    Args:
        url: A SQLAlchemy URL, such as ``sqlite:///path`` or ``postgresql+psycopg://user@host/name``.

    Attributes:
        transfers: What is remembered of transfers.
        sites: What is remembered of sites.
        drains: Which sites take nothing new.
        keeping: Which checkpoints are at home, and which runs were given up.
        glance: Much of it at once.
        witnesses: Who is told of what is written down.

    Raises:
        JournalTooNew: A later version of Armarius wrote it.
    """

    def __init__(self, url: str) -> None:
        self._engine = open_engine(url)
        self.transfers = TransferLog(self._engine)
        self.witnesses = Witnesses()
        self.sites = SiteLog(self._engine, self.witnesses)
        self.keeping = KeepingLog(self._engine, self.witnesses)
        self.drains = DrainLog(self._engine)
        self.glance = Glance(self._engine)
        try:
            with reachable():
                prepare(self._engine)
        except BaseException:
            self._engine.dispose()
            raise

    def close(self) -> None:
        """Closes all connections."""
        self._engine.dispose()

    # Reading -------------------------------------------------------------------------------------------------

    def job(self, job_id: str) -> JobRow:
        """Reads a job with its runs and events.

        Args:
            job_id: The whole id, or a beginning that only one job has.

        Raises:
            JobNotFound: No job, or more than one, is called so.
        """
        with reading(self._engine) as session:
            exact = session.get(JobRow, job_id)
            if exact is not None:
                return exact
            # No index serves this one, as SQLite compares: of many jobs, all are looked at.
            found = session.scalars(select(JobRow).where(JobRow.id.startswith(job_id, autoescape=True)).limit(2)).all()
        if len(found) != 1 or not job_id:
            raise JobNotFound(job_id, several=len(found) > 1)
        return found[0]

    def jobs(self, *, unfinished_only: bool = False) -> Sequence[JobRow]:
        """Reads all jobs, oldest first."""
        query = select(JobRow).order_by(JobRow.created, JobRow.id)
        if unfinished_only:
            query = query.where(is_unfinished())
        with reading(self._engine) as session:
            return session.scalars(query).all()

    def progress(self, job_id: str, after: int = 0) -> list[tuple[int, Progress]]:
        """Reads the progress of all runs of a job in order.

        Args:
            job_id: The job.
            after: The number of the last line that is known already.

        Returns:
            Each line with its number.
        """
        query = (
            select(ProgressRow)
            .join(RunRow, RunRow.id == ProgressRow.run_id)
            .where(RunRow.job_id == job_id, ProgressRow.id > after)
            .order_by(ProgressRow.id)
        )
        with reading(self._engine) as session:
            return [(row.id, row.line) for row in session.scalars(query)]

    def reading(self) -> AbstractContextManager[Session]:
        """Opens a session for those who put questions of their own, such as what somebody has used.

        Raises:
            JournalUnreachable: It does not answer.
        """
        return reading(self._engine)

    # Beginning -----------------------------------------------------------------------------------------------

    def create(self, job_id: str, request: JobRequest, now: float, message: str = "") -> JobRow:
        """Writes a new job down, in the state ``packed``."""
        with writing(self._engine) as session:
            session.add(
                JobRow(
                    id=job_id,
                    state_name=JobState.PACKED.value,
                    created=now,
                    updated=now,
                    request_json=request.model_dump(mode="json"),
                )
            )
            session.flush()
            session.add(EventRow(job_id=job_id, at=now, state_name=JobState.PACKED.value, message=message))
        self.witnesses.tell(Moved(job_id, now, JobState.PACKED, message))
        return self.job(job_id)

    def ask_to_cancel(self, job_id: str, now: float) -> None:
        """Notes the wish that a job end; whoever drives it will see to that."""
        with writing(self._engine) as session:
            session.execute(update(JobRow).where(JobRow.id == job_id).values(cancel=True, updated=now))

    def confine(self, job_id: str, tags: Iterable[str], now: float) -> None:
        """Adds tags to those that a job asks of a site, whoever drives it. Nothing takes one away again."""
        with writing(self._engine) as session:
            session.execute(update(JobRow).where(JobRow.id == job_id).values(updated=now))  # nobody else changes it now
            job = session.get_one(JobRow, job_id)
            policy = job.request.policy
            _rewrite(job, policy=policy.model_copy(update={"tags": tuple(sorted({*policy.tags, *tags}))}))
            said = f"From now on its data goes only to sites that bear: {', '.join(job.request.policy.tags)}."
            session.add(EventRow(job_id=job_id, at=now, state_name=job.state_name, message=said))
            told = Moved(job_id, now, job.state, said)
        self.witnesses.tell(told)

    # Whose turn it is ----------------------------------------------------------------------------------------

    def claim(self, job_id: str, owner: str, now: float, seconds: float, *, instead_of: str | None = None) -> bool:
        """Takes or renews the lease on a job.

        Args:
            job_id: The job.
            owner: Who wants it.
            now: Seconds since 1970.
            seconds: How long it shall last.
            instead_of: A holder that is known to be dead, whose lease need not run out.

        Returns:
            Whether it is the owner's now; False when another driver has it.
        """
        free = or_(
            JobRow.lease_owner.is_(None), JobRow.lease_owner.in_([owner, instead_of or owner]), JobRow.lease_until < now
        )
        claim = update(JobRow).where(JobRow.id == job_id, free).values(lease_owner=owner, lease_until=now + seconds)
        with writing(self._engine) as session:
            return rows(session.execute(claim)) == 1

    def give_back(self, job_id: str, owner: str) -> None:
        """Ends a lease before its time."""
        with writing(self._engine) as session:
            session.execute(
                update(JobRow)
                .where(JobRow.id == job_id, JobRow.lease_owner == owner)
                .values(lease_owner=None, lease_until=0.0)
            )

    def wait_for(self, job_id: str, sites: Iterable[str], now: float) -> None:
        """Notes for which sites a job waits that could take it, were they not full; none takes it out of all lines."""
        wanted = set(sites)
        with reading(self._engine) as session:
            if linelog.stands(session, wanted, job_id, now):
                return
        with writing(self._engine) as session:
            linelog.join(session, wanted, session.get_one(JobRow, job_id), now)

    # Going on: all of these need the lease ---------------------------------------------------------------------

    def move(self, job_id: str, owner: str, state: JobState, now: float, message: str = "", error: str = "") -> None:
        """Brings a job into a state and notes it in its history."""
        message, error = storable(message or error), storable(error)
        with self._leased(job_id, owner, state_name=state.value, updated=now, error=error) as session:
            session.add(EventRow(job_id=job_id, at=now, state_name=state.value, message=message))
            if state.final or state is JobState.WAITING:
                _take_no_place(session, job_id)
        self.witnesses.tell(Moved(job_id, now, state, message))

    def revive(self, job_id: str, owner: str, now: float, message: str) -> None:
        """Lets a job that ended go on: where its results wait on the site, with bringing them home."""
        run = self.job(job_id).run
        finished = run is not None and run.report_json is not None and run.report_json["outcome"] == "finished"
        state = (JobState.RETURNING if finished else JobState.PACKED).value
        with self._leased(job_id, owner, state_name=state, updated=now, error="", cancel=False) as session:
            session.add(EventRow(job_id=job_id, at=now, state_name=state, message=message))
        self.witnesses.tell(Moved(job_id, now, JobState(state), message))

    def give_to_pool(self, job_id: str, owner: str, now: float, message: str) -> None:
        """Lets a job that used its owner's account go on under the pool's own."""
        with self._leased(job_id, owner, updated=now, state_name=JobState.PACKED.value) as session:
            _rewrite(session.get_one(JobRow, job_id), identity=None)
            session.add(EventRow(job_id=job_id, at=now, state_name=JobState.PACKED.value, message=storable(message)))
        self.witnesses.tell(Moved(job_id, now, JobState.PACKED, message))

    def open_run(
        self,
        job_id: str,
        owner: str,
        now: float,
        *,
        site: str,
        spec: RunSpec,
        shape: Shape,
        walltime: float | None,
        number: int,
        message: str,
        decision: Decision | None = None,
        given_up: RunRow | None = None,
        admit: Callable[[Session], None] | None = None,
    ) -> None:
        """Writes a new attempt down, and why it goes where it goes, and brings the job into the state ``placed``.

        Args:
            job_id: The job.
            owner: Who holds its lease.
            now: Seconds since 1970.
            site: Where.
            spec: What the site is asked.
            shape: The slice of a machine.
            walltime: Seconds, or None for no end.
            number: From 1, within the job.
            message: For its history.
            decision: Why it goes there.
            given_up: The run before, if it was given up while its site could not be reached: it will be told to end.
            admit: Called before it is written, while nobody else can open a run; it refuses by raising.
        """
        with self._leased(job_id, owner, state_name=JobState.PLACED.value, updated=now) as session:
            if admit is not None:
                session.execute(select(SchemaRow).with_for_update())  # SQLite has one writer at a time anyway
                admit(session)
            _take_no_place(session, job_id)
            if given_up is not None:
                session.merge(GivenUpRow(run_id=given_up.id, site=given_up.site, at=now))
            run = RunRow(
                id=spec.run_id,
                job_id=job_id,
                number=number,
                site=site,
                created=now,
                spec_json=spec.model_dump(mode="json"),
                shape_json=shape.model_dump(mode="json"),
                walltime=walltime,
            )
            session.add(run)
            session.flush()
            usagelog.opened(session, session.get_one(JobRow, job_id), run)
            if decision is not None:
                session.add(_row(spec.run_id, site_of(site), decision))
            session.add(EventRow(job_id=job_id, at=now, state_name=JobState.PLACED.value, message=message))
        if given_up is not None:
            self.witnesses.tell(ends.given_up(given_up, now))
        self.witnesses.tell(Opened(job_id, spec.run_id, site_of(site), now, spec.task.value, message))

    def submitting(self, job_id: str, owner: str, run_id: str, now: float) -> None:
        """Notes that a run is about to be handed over."""
        change = update(RunRow).where(RunRow.id == run_id)
        with self._leased(job_id, owner) as session:
            session.execute(change.values(submitted=now, reference=None))

    def submitted(self, job_id: str, owner: str, run_id: str, reference: str) -> None:
        """Notes that a run was taken, and what the service calls the task."""
        change = update(RunRow).where(RunRow.id == run_id)
        with self._leased(job_id, owner) as session:
            session.execute(change.values(submissions=RunRow.submissions + 1, reference=reference))
            run = session.get_one(RunRow, run_id)
            at, times = run.submitted or run.created, run.submissions
            if times > 1:
                said = f"nobody computed it; {times} times since it last showed progress"
                session.add(NoteRow(job_id=job_id, run_id=run_id, at=at, what="handed over again", message=said))
        self.witnesses.tell(HandedOver(job_id, run_id, site_of(run.site), at, times))

    def heard(
        self,
        job_id: str,
        owner: str,
        run_id: str,
        lines: Sequence[Progress],
        position: int,
        report: dict[str, Any] | None,
    ) -> None:
        """Keeps what a site told of a run."""
        change: dict[str, Any] = {"position": position}
        if lines:
            change["submissions"] = 1
        if any(line.step for line in lines):  # what is told after the last step bears none
            change["step"] = max(line.step for line in lines)
        if report is not None:
            change["report_json"] = report
        with self._leased(job_id, owner) as session:
            ended = ends.first_end(session, run_id) if report is not None else None
            if report is not None:
                _take_no_place(session, job_id)
            start = session.scalar(select(RunRow.position).where(RunRow.id == run_id)) or 0
            for index, line in enumerate(lines):
                row = ProgressRow(run_id=run_id, position=start + index, line_json=line.model_dump(mode="json"))
                session.add(row)
            session.execute(update(RunRow).where(RunRow.id == run_id).values(**change))
            usagelog.heard(session, run_id, lines, report)
        if ended is not None and report is not None:
            self.witnesses.tell(ends.reported(ended, report))

    # -----------------------------------------------------------------------------------------------------------

    @contextmanager
    def _leased(self, job_id: str, owner: str, **change: Any) -> Iterator[Session]:
        """Writes only while the owner holds the lease: a driver that was away too long changes nothing.

        Raises:
            LeaseLost: Another driver has taken over.
        """
        with writing(self._engine) as session:
            mine = update(JobRow).where(JobRow.id == job_id, JobRow.lease_owner == owner)
            if rows(session.execute(mine.values(lease_owner=owner, **change))) != 1:
                raise LeaseLost(job_id)
            yield session


def _rewrite(job: JobRow, **change: Any) -> None:
    job.request = job.request.model_copy(update=change)
    job.request_json = job.request.model_dump(mode="json")


def _row(run_id: str, site: str, decision: Decision) -> DecisionRow:
    """Returns a decision as it is kept; its figures stand in columns, too, to be added up."""
    total = decision.sum_of(site)
    figures = total.model_dump(include={"queue", "own", "wait", "work"}) if total else {}
    told = decision.model_dump(mode="json")
    return DecisionRow(run_id=run_id, site=site, at=decision.at, decision_json=told, **figures)


def _take_no_place(session: Session, job_id: str) -> None:
    """Notes that no run of a job so far takes a place at its site any more."""
    mine = select(RunRow.id).where(RunRow.job_id == job_id)
    over = update(DecisionRow).where(DecisionRow.run_id.in_(mine), DecisionRow.ended.is_(False))
    session.execute(over.values(ended=True), execution_options={"synchronize_session": False})
