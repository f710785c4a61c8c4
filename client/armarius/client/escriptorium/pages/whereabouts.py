"""On which site a job is, as pages name it."""

from armarius.client.jobs import places
from armarius.client.journal import JobRow


def site_of(job: JobRow | None) -> str:
    """Returns the name of the site where a job is or was computed last; empty before one was chosen."""
    return places.site_of(job.run.site) if job is not None and job.run is not None else ""
