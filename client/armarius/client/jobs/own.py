"""Which runs a job can still reach."""

from armarius.client.jobs.places import identity_of
from armarius.client.journal import JobRow, RunRow


def is_own(job: JobRow, run: RunRow) -> bool:
    """Tells whether a run is within reach: not one under an account that the job uses no more."""
    return identity_of(run.site) in (None, job.request.identity)
