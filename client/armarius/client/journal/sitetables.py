"""The tables by which sites are compared: what was learnt of each, and why a run went where it went."""

from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from armarius.client.journal.tables import Base


class SiteRow(Base):
    """What was last heard of a site.

    Attributes:
        tried: When it was last asked how it is, in seconds since 1970 as all times here.
        heard: When it last answered; 0 if it never did.
        silent: Since when it has not answered; None while it does.
        trouble: Why it did not, in words for people.
        report_json: Its last SiteReport, without the files that it lacked.
    """

    __tablename__ = "site"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    tried: Mapped[float] = mapped_column(default=0.0)
    heard: Mapped[float] = mapped_column(default=0.0)
    silent: Mapped[float | None] = mapped_column(default=None)
    trouble: Mapped[str] = mapped_column(Text, default="")
    report_json: Mapped[dict[str, Any] | None] = mapped_column(JSON, default=None)


class DecisionRow(Base):
    """Why a run went to its site, what was foretold, and what came of the wait.

    Attributes:
        at: When it was decided.
        queue: Seconds until the start by the scheduler's own estimate; None where there was none.
        own: Seconds of the wait that the pool's own runs would cause; from such a wait nothing is learnt of the queue.
        wait: Seconds until the start as they were reckoned with.
        work: Seconds of computing as they were reckoned with.
        submitted: When the run was first handed over; None before.
        begun: When it gave its first sign of life, and since its end, when it began; None before.
        ended: Whether it is over, and takes no place at its site any more.
        decision_json: The sum of every site, or the rule that excluded it.
    """

    __tablename__ = "decision"
    __table_args__ = (Index("decision_of_site", "site", "ended"), Index("wait_of_site", "site", "begun"))
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    site: Mapped[str] = mapped_column(String(80))
    at: Mapped[float]
    queue: Mapped[float | None] = mapped_column(default=None)
    own: Mapped[float] = mapped_column(default=0.0)
    wait: Mapped[float] = mapped_column(default=0.0)
    work: Mapped[float] = mapped_column(default=0.0)
    submitted: Mapped[float | None] = mapped_column(default=None)
    begun: Mapped[float | None] = mapped_column(default=None)
    ended: Mapped[bool] = mapped_column(default=False)
    decision_json: Mapped[dict[str, Any]]


PLACES_TAKEN = Index(
    "places_taken",
    DecisionRow.site,
    sqlite_where=DecisionRow.ended.is_(False),
    postgresql_where=DecisionRow.ended.is_(False),
)
"""What the pool has at its sites now: few rows, however many jobs there ever were."""


class SpeedRow(Base):
    """How fast a site computed once.

    Attributes:
        shape: On which slice of a machine.
        kind: Of model, or the task that works on pages.
        architecture: Of its network, as :func:`~armarius.client.placement.work.architecture_of` names it; of work on
            pages the models, as :func:`~armarius.client.placement.work.reading_of` does.
        seconds_per_pixel: Training, validation and checkpoints, per pixel trained on; of work on pages, per pixel of
            a page as kraken scales it.
    """

    __tablename__ = "speed"
    __table_args__ = (Index("speed_of_site", "site", "kind"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    site: Mapped[str] = mapped_column(String(80))
    shape: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(20))
    architecture: Mapped[str] = mapped_column(String(64))
    seconds_per_pixel: Mapped[float]


class CarriedRow(Base):
    """How long a transfer to a site took once."""

    __tablename__ = "carried"
    __table_args__ = (Index("carried_to_site", "site"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[float]
    site: Mapped[str] = mapped_column(String(80))
    size: Mapped[int] = mapped_column(BigInteger)
    seconds: Mapped[float]


class HomeCheckpointRow(Base):
    """The newest checkpoint of a job that is on this machine."""

    __tablename__ = "home_checkpoint"
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), primary_key=True)
    at: Mapped[float]
    reference_json: Mapped[dict[str, Any]]


class SilenceRow(Base):
    """A time in which a site did not answer; ``until`` is None while it lasts."""

    __tablename__ = "silence"
    __table_args__ = (Index("silence_of_site", "site", "since"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    site: Mapped[str] = mapped_column(String(80))
    since: Mapped[float]
    until: Mapped[float | None] = mapped_column(default=None)
    trouble: Mapped[str] = mapped_column(Text, default="")


class NoteRow(Base):
    """Something of a run that changed nothing of its job's state, and stands nowhere else.

    Attributes:
        what: In a word or two.
        message: In words for people.
    """

    __tablename__ = "note"
    __table_args__ = (Index("note_of_run", "run_id"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"))
    run_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[float]
    what: Mapped[str] = mapped_column(String(40))
    message: Mapped[str] = mapped_column(Text, default="")


class GivenUpRow(Base):
    """A run that was given up while its site could not be reached, and must be told to end when it can.

    Attributes:
        told: When its site was told; None before.
    """

    __tablename__ = "given_up"
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    site: Mapped[str] = mapped_column(String(80))
    at: Mapped[float]
    told: Mapped[float | None] = mapped_column(default=None)
