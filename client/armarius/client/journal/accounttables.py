"""The tables of what runs have used, and of who waits for a place on a site."""

from sqlalchemy import BigInteger, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from armarius.client.accounts.names import LONGEST_NAME
from armarius.client.journal.tables import Base


class UsageRow(Base):
    """What a run has used, as far as that is known: a row for each, so that sums over thousands of jobs are quick.

    Attributes:
        user: Whose it is; the names of the job, here too.
        latest: Whether it is the newest run of its job.
        reported: Whether its report is there; else what is known comes from its progress.
        walltime: Seconds asked for, or None for no end.
        began: Its first sign of life, by the site's clock; None before.
        seen: Its end, else its last sign of life, else when it was written down. In what time it falls, this says.
        seconds: Of the wall clock.
        epoch_bytes: Of the model files of epochs that came home.
    """

    __tablename__ = "usage"
    __table_args__ = (
        Index("usage_of_user", "user", "seen"),
        Index("usage_of_project", "project", "seen"),
        Index("usage_of_institution", "institution", "seen"),
        Index("usage_seen", "seen"),
    )
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), index=True)
    user: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    project: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    institution: Mapped[str] = mapped_column(String(LONGEST_NAME), default="")
    site: Mapped[str] = mapped_column(String(80))
    latest: Mapped[bool] = mapped_column(default=True)
    reported: Mapped[bool] = mapped_column(default=False)
    cpus: Mapped[int]
    gpus: Mapped[int]
    walltime: Mapped[float | None] = mapped_column(default=None)
    began: Mapped[float | None] = mapped_column(default=None)
    seen: Mapped[float]
    seconds: Mapped[float] = mapped_column(default=0.0)
    cpu_seconds: Mapped[float] = mapped_column(default=0.0)
    gpu_seconds: Mapped[float] = mapped_column(default=0.0)
    epoch_bytes: Mapped[int] = mapped_column(BigInteger, default=0)


class LineRow(Base):
    """A job that waits for a place on a site which could take it, were it not full.

    Attributes:
        user: Whose.
        priority: Of the job.
        since: When it came.
        until: When it counts no more, unless its driver says again that it waits: one that nobody drives is passed by.
    """

    __tablename__ = "line"
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), primary_key=True)
    site: Mapped[str] = mapped_column(String(80), primary_key=True)
    user: Mapped[str] = mapped_column(String(LONGEST_NAME))
    priority: Mapped[int]
    since: Mapped[float]
    until: Mapped[float]
