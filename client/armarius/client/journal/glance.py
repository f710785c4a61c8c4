"""Reading much of the journal at once, for pages that show many jobs: a few queries, however many they are."""

from collections.abc import Collection, Sequence

from sqlalchemy import Engine, func, select

from armarius.client.journal.reach import reading
from armarius.client.journal.tables import JobRow, ProgressRow, RunRow, is_unfinished
from armarius.functions.contracts import Progress


class Glance:
    """The part of the journal that overviews read.

    Args:
        engine: The journal's.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def jobs(self, job_ids: Collection[str]) -> dict[str, JobRow]:
        """Reads some jobs with their runs and events; those that are not there are left out."""
        query = select(JobRow).where(JobRow.id.in_(list(job_ids)))
        with reading(self._engine) as session:
            return {job.id: job for job in session.scalars(query)} if job_ids else {}

    def unfinished(self, most: int) -> tuple[Sequence[JobRow], int]:
        """Reads jobs that have not ended, oldest first.

        Args:
            most: How many at most.

        Returns:
            They, and how many there are in all.
        """
        query = select(JobRow).where(is_unfinished()).order_by(JobRow.created, JobRow.id).limit(most)
        with reading(self._engine) as session:
            number = session.scalar(select(func.count()).select_from(JobRow).where(is_unfinished())) or 0
            return session.scalars(query).all(), number

    def counts(self) -> dict[tuple[str, str, str], int]:
        """Counts all jobs by state, task and kind of model."""
        asked = JobRow.request_json
        each = select(
            JobRow.state_name.label("state"),
            asked["kind"].as_string().label("task"),
            asked[("parameters", "kind")].as_string().label("kind"),
        ).subquery()
        query = select(each.c.state, each.c.task, each.c.kind, func.count()).group_by(*each.c)
        with reading(self._engine) as session:
            rows = session.execute(query).all()
            return {(state, task or "", kind or ""): number for state, task, kind, number in rows}

    def epochs(self, job_ids: Collection[str]) -> dict[str, list[Progress]]:
        """Reads the ends of epochs of some jobs, in order: few of the many lines of their progress."""
        ends = ProgressRow.line_json["ends_epoch"].as_boolean()
        query = (
            select(RunRow.job_id, ProgressRow)
            .join(RunRow, RunRow.id == ProgressRow.run_id)
            .where(RunRow.job_id.in_(list(job_ids)), ends)
            .order_by(ProgressRow.id)
        )
        found: dict[str, list[Progress]] = {job: [] for job in job_ids}
        with reading(self._engine) as session:
            for job, row in session.execute(query) if job_ids else ():
                found[job].append(row.line)
        return found

    def foretold(self, run_ids: Collection[str]) -> dict[str, Progress]:
        """Reads the newest line of each of some runs that foretells an end, where there is one."""
        foretells = ProgressRow.line_json["seconds_left"].as_float().is_not(None)
        last = (
            select(func.max(ProgressRow.id))
            .where(ProgressRow.run_id.in_(list(run_ids)), foretells)
            .group_by(ProgressRow.run_id)
        )
        query = select(ProgressRow).where(ProgressRow.id.in_(last))
        with reading(self._engine) as session:
            return {row.run_id: row.line for row in session.scalars(query)} if run_ids else {}
