"""How runs end, as those are told who count and log."""

from typing import Any

from pydantic import ValidationError
from sqlalchemy.orm import Session

from armarius.client.jobs.places import site_of
from armarius.client.journal.tables import RunRow
from armarius.client.journal.witnesses import Ended
from armarius.functions.contracts import RunReport, Task

GIVEN_UP = "given up"
"""The outcome of a run whose site was out of reach for too long."""

UNKNOWN = "unknown"
"""The outcome of a run whose report is of another release."""


def first_end(session: Session, run_id: str) -> RunRow | None:
    """Returns a run of which no report was heard before; None if one was."""
    run = session.get_one(RunRow, run_id)
    return run if run.report_json is None else None


def reported(run: RunRow, report: dict[str, Any]) -> Ended:
    """Says how a run ended by its report."""
    try:
        told = RunReport.common(report)
    except ValidationError:
        return Ended(run.job_id, run.id, site_of(run.site), run.submitted or run.created, kind_of(run), UNKNOWN)
    return Ended(
        run.job_id,
        run.id,
        site_of(run.site),
        told.ended,
        kind_of(run),
        told.outcome.value,
        told.reason.value if told.reason else "",
        told.message,
        told.usage.seconds,
        told.usage.gpu_seconds,
    )


def given_up(run: RunRow, now: float) -> Ended:
    """Says that a run was given up."""
    return Ended(run.job_id, run.id, site_of(run.site), now, kind_of(run), GIVEN_UP)


def kind_of(run: RunRow) -> str:
    """Returns the kind of model, or what is done with pages, at less cost than the whole of what was asked."""
    task = str(run.spec_json.get("task", ""))
    if task in (Task.SEGMENT.value, Task.TRANSCRIBE.value):
        return task
    return str(run.spec_json.get("parameters", {}).get("kind", ""))
