"""Why a job went where it went, and where it would go now."""

from dataclasses import dataclass

from armarius.client.accounts.door import Room
from armarius.client.errors import SiteUnknown, SiteUnreachable
from armarius.client.jobs.desk import Desk
from armarius.client.jobs.legacy import legacy_of
from armarius.client.jobs.wishing import wish_of
from armarius.client.journal import JobRow
from armarius.client.placement.choose import decide
from armarius.client.placement.decision import Decision


@dataclass(frozen=True)
class Explained:
    """A decision, and what it was about.

    Attributes:
        run: The run that it placed; None for what would be decided now.
        decision: Every site's sum, or the rule that excluded it.
    """

    run: str | None
    decision: Decision


def decisions_of(desk: Desk, job: JobRow) -> list[Explained]:
    """Returns why each run of a job went where it went, oldest first; runs of earlier releases are left out."""
    rows = [(run.id, desk.journal.sites.decision(run.id)) for run in job.runs]
    return [Explained(run, Decision.model_validate(row.decision_json)) for run, row in rows if row is not None]


def decision_now(desk: Desk, job: JobRow) -> Explained | None:
    """Returns what would be decided if the job were placed now, and changes nothing; None for one that is over.

    What it has itself at a site counts as everybody else's: the sum is that of one more run there.

    Raises:
        SiteUnreachable: Where its newest checkpoint is cannot be told.
    """
    if job.state.final:
        return None
    try:
        legacy = legacy_of(desk, job)
    except SiteUnknown as error:
        raise SiteUnreachable(error.message, error.hint) from error
    room = Room(desk, job)
    return Explained(None, decide(desk, wish_of(job, legacy), rules=(room,), line=room.ahead, compare=True))
