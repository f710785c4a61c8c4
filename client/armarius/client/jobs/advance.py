"""The one function that takes a job further."""

from pydantic import ValidationError

from armarius.client.errors import LeaseLost
from armarius.client.jobs.cancelling import cancel
from armarius.client.jobs.computing import watch
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.emptying import leave
from armarius.client.jobs.places import site_of
from armarius.client.jobs.placing import place
from armarius.client.jobs.returning import bring_home
from armarius.client.jobs.staging import stage
from armarius.client.jobs.state import JobState
from armarius.client.journal import JobRow
from armarius.client.logs import bound
from armarius.functions.contracts import ArmariusError


def advance(desk: Desk, job_id: str) -> JobRow:
    """Does the next thing that can be done for a job without waiting, and returns how it then stands.

    Anyone may call this at any time, again and again: the journal says what was done, the site what came of it. While
    another driver holds the job's lease, nothing is done.

    Args:
        desk: The journal, the sites and the time.
        job_id: The job.

    Raises:
        ArmariusError: Only a transient one: nothing was lost, try again later. Any other ends the job as failed.
    """
    with bound(job=job_id):
        if desk.claim(job_id):
            _step_safely(desk, desk.journal.job(job_id))
        job = desk.journal.job(job_id)
        if job.state.final:
            desk.give_back(job_id)
        return job


def _step_safely(desk: Desk, job: JobRow) -> None:
    try:
        with bound(run=job.run.id if job.run else "", site=site_of(job.run.site) if job.run else ""):
            _step(desk, job)
    except LeaseLost:
        desk.forget(job.id)
        raise
    except ArmariusError as error:
        if error.transient:
            raise
        desk.fail(job, str(error))
    except ValidationError as error:
        desk.fail(job, f"A message of another version of Armarius cannot be understood: {error.errors()[0]['msg']}")


def _step(desk: Desk, job: JobRow) -> None:
    if job.state.final:
        return
    if job.cancel:
        cancel(desk, job)
    elif job.run is None or job.state in (JobState.PACKED, JobState.WAITING):
        place(desk, job)
    elif leave(desk, job, job.run):
        return
    elif job.state in (JobState.PLACED, JobState.STAGING):
        stage(desk, job, job.run)
    elif job.state is JobState.RETURNING:
        bring_home(desk, job, job.run)
    else:
        watch(desk, job, job.run)
