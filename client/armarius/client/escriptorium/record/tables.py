"""The tables. Rows are read as snapshots; only :class:`~armarius.client.escriptorium.record.ledger.Ledger` writes."""

from enum import Enum
from typing import Any

from sqlalchemy import JSON, Index, String, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from armarius.functions.contracts import Shape


class Base(DeclarativeBase):
    """The root of all tables."""

    type_annotation_map = {dict[str, Any]: JSON}  # noqa: RUF012 - SQLAlchemy's way of declaring it


class Phase(str, Enum):
    """How far a training is, as eScriptorium's users see it. How far its computing is, the journal says."""

    ASKED = "asked"
    """Written down; nobody has begun."""
    GATHERING = "gathering"
    """Its pages are being read and packed."""
    RUNNING = "running"
    """It is a job of the pool."""
    WRITING = "writing"
    """Its pages are being written; of trainings there is no such phase."""
    ENDED = "ended"
    """Its end is told, and its model is home if there is one, or its pages are written."""


class TrainingRow(Base):
    """A training that a user of eScriptorium asked for.

    Attributes:
        id: Also of its job in the journal.
        task_id: Celery's.
        task: The name of the task.
        arguments_json: What the task was called with.
        model: Primary key of the OcrModel that it trains.
        user: Primary key of the user, if known.
        asked: Seconds since 1970, as all times here.
        due: Nobody begins before; a message that a worker takes in the meantime makes it due at once.
        holds: Whether it is the one training that may write its model. Cancelled, it holds no more.
        cancelled: Whether somebody wants it to end.
        room: The kind of page on which it is watched, once it has begun; empty before.
        room_pk: Which page of that kind.
        foretold: The end that was told to the user, in seconds since 1970; 0 while none was.
        line: The number of the last line of progress that was told.
        event: The number of the last event of the job that was told.
        gathered: Percent of the bar that was told last.
        before_json: What the model was before: accuracy, epoch.
        home: Where its weights belong, relative to MEDIA_ROOT, once that is chosen.
        versions: How many versions earlier trainings left there.
        outcome: How it ended.
    """

    __tablename__ = "escriptorium_training"
    __table_args__ = (
        Index("one_writer_per_model", "model", unique=True, sqlite_where=text("holds"), postgresql_where=text("holds")),
    )
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(String(64), unique=True)
    task: Mapped[str] = mapped_column(String(200))
    arguments_json: Mapped[dict[str, Any]]
    model: Mapped[int]
    user: Mapped[int | None]
    asked: Mapped[float]
    due: Mapped[float]
    phase_name: Mapped[str] = mapped_column(String(16), index=True)
    holds: Mapped[bool] = mapped_column(default=True)
    cancelled: Mapped[bool] = mapped_column(default=False)
    room: Mapped[str] = mapped_column(String(16), default="")
    room_pk: Mapped[int] = mapped_column(default=0)
    foretold: Mapped[float] = mapped_column(default=0.0)
    line: Mapped[int] = mapped_column(default=0)
    event: Mapped[int] = mapped_column(default=0)
    gathered: Mapped[int] = mapped_column(default=0)
    before_json: Mapped[dict[str, Any]] = mapped_column(default=dict)
    home: Mapped[str] = mapped_column(String(500), default="")
    versions: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(Text, default="")

    @property
    def phase(self) -> Phase:
        """How far it is."""
        return Phase(self.phase_name)


class PressedRow(Base):
    """A task that segments or transcribes pages, as somebody pressed the button for it.

    Attributes:
        task_id: Celery's; the same message delivered twice is one.
        task: The name of the task.
        arguments_json: What the task was called with.
        parts_json: Primary keys of its pages.
        alike: What it has in common with the tasks that one job can do with it.
        user: Primary key of the user, if known.
        asked: Seconds since 1970.
        holds: Whether its pages are to be written; cancelled, it waits only for the end of its job.
        cancelled: Whether somebody wants it to end.
        job: The job that does it with others like it, once one does.
        event: The number of the last event of the job that was told.
        outcome: How it ended.
    """

    __tablename__ = "escriptorium_pressed"
    task_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    task: Mapped[str] = mapped_column(String(200))
    arguments_json: Mapped[dict[str, Any]]
    parts_json: Mapped[list[int]] = mapped_column(JSON)
    alike: Mapped[str] = mapped_column(String(64))
    user: Mapped[int | None]
    asked: Mapped[float]
    phase_name: Mapped[str] = mapped_column(String(16), index=True)
    holds: Mapped[bool] = mapped_column(default=True)
    cancelled: Mapped[bool] = mapped_column(default=False)
    job: Mapped[str] = mapped_column(String(32), default="", index=True)
    event: Mapped[int] = mapped_column(default=0)
    outcome: Mapped[str] = mapped_column(Text, default="")

    @property
    def phase(self) -> Phase:
        """How far it is."""
        return Phase(self.phase_name)


class AccountRow(Base):
    """The account on clusters that a user has connected.

    Attributes:
        user: Primary key of the user.
        identity: Id of the Globus identity.
        username: Its name, for people.
        sealed: The tokens, encrypted; see :mod:`armarius.client.escriptorium.record.sealing`.
        connected: Since when.
        stamp: Changes whenever the user connects anew.
        broken: Why it cannot be used any more; empty while it can.
    """

    __tablename__ = "escriptorium_account"
    user: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    identity: Mapped[str] = mapped_column(String(40))
    username: Mapped[str] = mapped_column(String(250))
    sealed: Mapped[str] = mapped_column(Text)
    connected: Mapped[float]
    stamp: Mapped[str] = mapped_column(String(32))
    broken: Mapped[str] = mapped_column(Text, default="")


class ClerkRow(Base):
    """Who tells the users: one process at a time, whatever the number of workers.

    Attributes:
        until: Until when nobody else may.
        trouble: Why the pool is out of reach; empty when it is not.
        trouble_since: Since when.
    """

    __tablename__ = "escriptorium_clerk"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    owner: Mapped[str] = mapped_column(String(200))
    until: Mapped[float]
    trouble: Mapped[str] = mapped_column(Text, default="")
    trouble_since: Mapped[float] = mapped_column(default=0.0)


class SiteRow(Base):
    """A site as the process that drives trainings has it in its files.

    Pages read this, and in the journal how it is, and ask no site: none of them waits for a cluster.

    Attributes:
        kind: How it is reached.
        closed: Whether its site file says that it takes no new runs.
        shapes_json: Its shapes, in order.
        looked: When somebody last looked at it on a page: then it is asked more often.
    """

    __tablename__ = "escriptorium_listed_site"
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    closed: Mapped[bool] = mapped_column(default=False)
    shapes_json: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    looked: Mapped[float] = mapped_column(default=0.0)

    @property
    def shapes(self) -> list[Shape]:
        """The slices of a machine that it offers."""
        return [Shape.model_validate(shape) for shape in self.shapes_json]
