"""The tables. Rows are read as snapshots; only :class:`~armarius.client.journal.journal.Journal` writes them."""

from enum import Enum
from functools import cached_property
from typing import Any

from sqlalchemy import JSON, BigInteger, ColumnElement, ForeignKey, Index, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from armarius.client.jobs.request import JobRequest
from armarius.client.jobs.state import JobState
from armarius.functions.contracts import Progress, RunSpec, Shape, Task

SCHEMA_VERSION = 5
"""Version 2 only adds the table of transfers to those of version 1; version 3, those of usage, those by which
sites are compared, and notes; version 4, that of drained sites, which no driver may pass over; version 5 no table, but
jobs that work on pages, which an older driver could not read."""


class Base(DeclarativeBase):
    """The root of all tables."""

    type_annotation_map = {dict[str, Any]: JSON}  # noqa: RUF012 - SQLAlchemy's way of declaring it


class SchemaRow(Base):
    """The one row that says which version of the tables this is."""

    __tablename__ = "armarius_schema"
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)


class JobRow(Base):
    """What a person asked for, and how far it is.

    Attributes:
        created: Seconds since 1970, as all times here.
        error: Why it failed, for people.
        cancel: Whether somebody wants it to end.
        lease_owner: The driver that works on it.
        lease_until: Until when nobody else may.
    """

    __tablename__ = "job"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    state_name: Mapped[str] = mapped_column(String(16), index=True)
    created: Mapped[float]
    updated: Mapped[float]
    request_json: Mapped[dict[str, Any]]
    error: Mapped[str] = mapped_column(Text, default="")
    cancel: Mapped[bool] = mapped_column(default=False)
    lease_owner: Mapped[str | None] = mapped_column(String(200), default=None)
    lease_until: Mapped[float] = mapped_column(default=0.0)
    runs: Mapped[list["RunRow"]] = relationship(order_by="RunRow.number", lazy="selectin")
    events: Mapped[list["EventRow"]] = relationship(order_by="EventRow.id", lazy="selectin")

    @property
    def state(self) -> JobState:
        """Where it stands."""
        return JobState(self.state_name)

    @cached_property
    def request(self) -> JobRequest:
        """What was asked."""
        return JobRequest.model_validate(self.request_json)

    @property
    def run(self) -> "RunRow | None":
        """The newest attempt."""
        return self.runs[-1] if self.runs else None

    @property
    def transfer(self) -> str | None:
        """The name of the transfer that it waits for, if it does."""
        way = {JobState.STAGING: "in", JobState.RETURNING: "out"}.get(self.state)
        return f"{self.run.id}-{way}" if self.run is not None and way is not None else None


def is_unfinished() -> ColumnElement[bool]:
    """The condition that a job has not ended, in the way that the index on states serves."""
    return JobRow.state_name.in_([state.value for state in JobState if not state.final])


class RunRow(Base):
    """One attempt on one site.

    Attributes:
        number: From 1, within the job.
        shape_json: The slice of a machine that was asked for.
        walltime: Seconds asked for, or None for no end.
        reference: The task at the site's service, once handed over.
        submissions: How often it was handed over since it last showed progress.
        submitted: When, the last time.
        position: Up to where the progress is known.
        step: Optimiser steps done, as last heard.
        report_json: The report, once there.
    """

    __tablename__ = "run"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), index=True)
    number: Mapped[int]
    site: Mapped[str] = mapped_column(String(80))
    created: Mapped[float]
    spec_json: Mapped[dict[str, Any]]
    shape_json: Mapped[dict[str, Any]]
    walltime: Mapped[float | None] = mapped_column(default=None)
    reference: Mapped[str | None] = mapped_column(String(200), default=None)
    submissions: Mapped[int] = mapped_column(default=0)
    submitted: Mapped[float | None] = mapped_column(default=None)
    position: Mapped[int] = mapped_column(default=0)
    step: Mapped[int] = mapped_column(default=0)
    report_json: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)

    @cached_property
    def spec(self) -> RunSpec:
        """What the site was asked."""
        return RunSpec.model_validate(self.spec_json)

    @cached_property
    def shape(self) -> Shape:
        """The slice of a machine."""
        return Shape.model_validate(self.shape_json)

    @property
    def task(self) -> Task:
        """The function it calls."""
        return self.spec.task


class EventRow(Base):
    """A line of the job's history."""

    __tablename__ = "event"
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), index=True)
    at: Mapped[float]
    state_name: Mapped[str] = mapped_column(String(16))
    message: Mapped[str] = mapped_column(Text, default="")

    @property
    def state(self) -> JobState:
        """The state the job was in from then on."""
        return JobState(self.state_name)


class ProgressRow(Base):
    """A line of a run's progress, as the site wrote it."""

    __tablename__ = "progress"
    __table_args__ = (Index("progress_of_run", "run_id", "position", unique=True),)
    id: Mapped[int] = mapped_column(primary_key=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"))
    position: Mapped[int]
    line_json: Mapped[dict[str, Any]]

    @property
    def line(self) -> Progress:
        """The line."""
        return Progress.model_validate(self.line_json)


class TransferStage(str, Enum):
    """How far an attempt at a transfer is, as far as it is written down."""

    PREPARING = "preparing"
    """Its archives are being packed."""
    MOVING = "moving"
    """Handed over to the service, or about to be."""
    ARRIVED = "arrived"
    """The service is done; what came is being unpacked and checked."""
    DONE = "done"
    FAILED = "failed"
    FORGOTTEN = "forgotten"
    """Somebody gave it up."""
    ELSEWHERE = "elsewhere"
    """It needs no service, and nothing of it is remembered here but what people see."""

    @property
    def under_way(self) -> bool:
        """Whether something is still to be done."""
        return self in (TransferStage.PREPARING, TransferStage.MOVING, TransferStage.ARRIVED)

    @property
    def may_begin_anew(self) -> bool:
        """Whether beginning it once more opens another attempt."""
        return not self.under_way and self is not TransferStage.DONE


class TransferRow(Base):
    """A transfer by the name that its run gave it.

    Attributes:
        version: Counts the changes, so that of two at once one is refused.
        attempt: From 1: how often it was begun. The files of an attempt are named by it.
        before: The attempts before it was given up the last time, which do not count any more.
        items_json: What is to be moved, once that is known.
        submission_id: From the service, written down before anything is handed over with it.
        task_id: What the service calls it, once handed over.
        error: Why the attempt failed.
        transient: Whether another may not.
        updated: Seconds since 1970.
        moved: Bytes so far, as people are shown.
        total: Bytes in all.
        message: What holds it up, or why it failed the last time.
        shown: When these three were written.
    """

    __tablename__ = "transfer"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    attempt: Mapped[int] = mapped_column(default=1)
    before: Mapped[int] = mapped_column(default=0)
    stage_name: Mapped[str] = mapped_column(String(16), default=TransferStage.PREPARING.value)
    items_json: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)
    submission_id: Mapped[str | None] = mapped_column(String(64), default=None)
    task_id: Mapped[str | None] = mapped_column(String(64), default=None)
    error: Mapped[str] = mapped_column(Text, default="")
    transient: Mapped[bool] = mapped_column(default=False)
    updated: Mapped[float]
    moved: Mapped[int] = mapped_column(BigInteger, default=0)
    total: Mapped[int] = mapped_column(BigInteger, default=0)
    message: Mapped[str] = mapped_column(Text, default="")
    shown: Mapped[float] = mapped_column(default=0.0)

    @property
    def stage(self) -> TransferStage:
        """How far it is."""
        return TransferStage(self.stage_name)
