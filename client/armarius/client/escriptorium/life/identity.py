"""Under whose account a training runs, and what is done when that cannot be used any more."""

from armarius.client.escriptorium.accounts.names import name_of
from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.life.telling import name_of as model_name
from armarius.client.escriptorium.life.telling import notify
from armarius.client.escriptorium.record import TrainingRow
from armarius.client.jobs.places import identity_of
from armarius.client.journal import JobRow


def identity_for(office: Office, row: TrainingRow) -> str | None:
    """Returns whose account a new training uses: its user's, if they have connected one that can be used.

    One that cannot be used any more is waited for, if the admin has set so.
    """
    if row.user is None or office.pool.desk.people is None:
        return None
    account = office.ledger.accounts.find(row.user)
    if account is None or (account.broken and office.options.on_lost_account == "pool"):
        return None
    return name_of(row.user)


def tend_identity(office: Office, row: TrainingRow, job: JobRow) -> None:
    """Looks whether the account of a training can still be used; if not, tells its user, and does as the admin has set.

    A training that has nothing to do with that account (any more) is left alone: it runs on another site, or its end
    is only to be told.
    """
    people = office.pool.desk.people
    if people is None or job.state.final:
        return
    identity = job.request.identity
    if identity is None or people.has(identity):
        return
    if job.run is not None and identity_of(job.run.site) is None:
        return
    if office.options.on_lost_account == "pool":
        _give_to_pool(office, row, job)
    elif job.error != LOST:
        _wait(office, row, job)


LOST = "waits for its user's account"


def _give_to_pool(office: Office, row: TrainingRow, job: JobRow) -> None:
    desk = office.pool.desk
    if not desk.claim(job.id):
        return  # whoever has it now looks next
    desk.journal.give_to_pool(
        job.id, desk.owner, office.now(), "under the pool's account: its user's is not connected any more"
    )
    notify(row, words.given_to_pool(model_name(row)), "warning")


def _wait(office: Office, row: TrainingRow, job: JobRow) -> None:
    """Tells the user once: what was told stands in the job until it moves again."""
    desk = office.pool.desk
    if desk.claim(job.id):
        desk.move(job, job.state, "waits: its user's account is not connected any more", error=LOST)
        notify(row, words.waits_for_account(model_name(row)), "warning")
