"""Writing down what each run has used, together with the run itself."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from armarius.client.jobs.places import site_of
from armarius.client.journal.accounttables import UsageRow
from armarius.client.journal.tables import JobRow, ProgressRow, RunRow
from armarius.functions.contracts import Progress, RunReport


def opened(session: Session, job: JobRow, run: RunRow) -> None:
    """Begins the account of a new run."""
    session.execute(update(UsageRow).where(UsageRow.job_id == job.id, UsageRow.latest).values(latest=False))
    session.add(_row(job, run))


def heard(session: Session, run_id: str, lines: Sequence[Progress], report: dict[str, Any] | None) -> None:
    """Keeps what is known of a run: by its progress, until its report says it all."""
    row = session.get(UsageRow, run_id) if lines or report is not None else None
    if row is None:
        return
    if lines:
        _seen(row, lines)
    if report is not None:
        _reported(row, report)


def make_up(session: Session) -> None:
    """Makes the accounts of runs from before there were any."""
    lacking = select(RunRow, JobRow).join(JobRow, JobRow.id == RunRow.job_id).outerjoin(
        UsageRow, UsageRow.run_id == RunRow.id
    )  # fmt: skip
    for run, job in session.execute(lacking.where(UsageRow.run_id.is_(None)).order_by(RunRow.job_id, RunRow.number)):
        opened(session, job, run)
        lines = session.scalars(select(ProgressRow).where(ProgressRow.run_id == run.id).order_by(ProgressRow.position))
        session.flush()
        heard(session, run.id, [line.line for line in lines], run.report_json)


def _row(job: JobRow, run: RunRow) -> UsageRow:
    asked, limits = job.request_json, run.spec_json.get("limits", {})
    return UsageRow(
        run_id=run.id,
        job_id=job.id,
        user=asked.get("user", ""),
        project=asked.get("project", ""),
        institution=asked.get("institution", ""),
        site=site_of(run.site),
        cpus=limits.get("cpus", 1),
        gpus=limits.get("gpus", 0),
        walltime=run.walltime,
        latest=True,
        reported=False,
        seen=run.created,
        seconds=0.0,
        cpu_seconds=0.0,
        gpu_seconds=0.0,
        epoch_bytes=0,
    )


def _seen(row: UsageRow, lines: Sequence[Progress]) -> None:
    """From the first sign of life to the last, it has computed."""
    row.began = min(line.at for line in lines) if row.began is None else row.began
    last = max(line.at for line in lines)
    row.epoch_bytes += sum(line.model.size for line in lines if line.model)
    if not row.reported:
        row.seen = max(row.seen, last)
        row.seconds = max(row.seconds, last - row.began)
        row.cpu_seconds, row.gpu_seconds = row.seconds * row.cpus, row.seconds * row.gpus


def _reported(row: UsageRow, report: dict[str, Any]) -> None:
    """A report of another release, or none at all, says nothing; what is known otherwise stays."""
    try:
        told = RunReport.common(report)
    except ValidationError:
        return
    row.reported = True
    row.seen = max(row.seen, told.ended)
    if told.usage.seconds >= row.seconds:  # a report after a death may know less than the progress
        row.seconds = told.usage.seconds
        row.cpu_seconds = row.seconds * row.cpus
        row.gpu_seconds = told.usage.gpu_seconds
