"""Under whose account something runs, and what is done when that cannot be used any more."""

from collections.abc import Callable

from armarius.client.escriptorium.accounts.names import name_of
from armarius.client.escriptorium.life import words
from armarius.client.escriptorium.life.office import Office
from armarius.client.jobs.places import identity_of
from armarius.client.journal import JobRow


def identity_for(office: Office, user: int | None) -> str | None:
    """Returns whose account something new uses: its user's, if they have connected one that can be used.

    One that cannot be used any more is waited for, if the admin has set so.
    """
    if user is None or office.pool.desk.people is None:
        return None
    account = office.ledger.accounts.find(user)
    if account is None or (account.broken and office.options.on_lost_account == "pool"):
        return None
    return name_of(user)


def tend_identity(office: Office, job: JobRow, what: Callable[[], str], tell: Callable[[str], None]) -> None:
    """Looks whether the account of a job can still be used; if not, tells its user, and does as the admin has set.

    A job that has nothing to do with that account (any more) is left alone: it runs on another site, or its end is only
    to be told.

    Args:
        office: The pool, and what the admin has set.
        job: The job.
        what: Returns what it is, such as "training of 'Charters'".
        tell: Shows the user a warning.
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
        _give_to_pool(office, job, what, tell)
    elif job.error != LOST:
        _wait(office, job, what, tell)


LOST = "waits for its user's account"


def _give_to_pool(office: Office, job: JobRow, what: Callable[[], str], tell: Callable[[str], None]) -> None:
    desk = office.pool.desk
    if not desk.claim(job.id):
        return  # whoever has it now looks next
    desk.journal.give_to_pool(
        job.id, desk.owner, office.now(), "under the pool's account: its user's is not connected any more"
    )
    tell(words.given_to_pool(what()))


def _wait(office: Office, job: JobRow, what: Callable[[], str], tell: Callable[[str], None]) -> None:
    """Tells the user once: what was told stands in the job until it moves again."""
    desk = office.pool.desk
    if desk.claim(job.id):
        desk.move(job, job.state, "waits: its user's account is not connected any more", error=LOST)
        tell(words.waits_for_account(what()))
