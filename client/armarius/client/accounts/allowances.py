"""Whether somebody may use more, and if not, when they may again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from sqlalchemy.orm import Session

from armarius.client.accounts.names import Account
from armarius.client.accounts.spent import Spent, jobs_at_once, spent
from armarius.client.config.accounts import Allowance
from armarius.client.journal.accounttables import UsageRow
from armarius.client.words import count

HOUR = 3600.0


@dataclass(frozen=True)
class Held:
    """Why a job may not begin now.

    Attributes:
        why: For people, with what it waits for.
        until: The day on which it goes on at the latest, in seconds since 1970; None where none is known.
        for_good: Nothing but a larger allowance lets it go on.
    """

    why: str
    until: float | None = None
    for_good: bool = False


def held_back(
    session: Session, allowances: Iterable[Allowance], account: Account, job_id: str, now: float
) -> Held | None:
    """Tells why a job may not begin another run now; None if it may.

    It may as long as something is left of every allowance, where what runs counts as if it took all of its walltime. So
    what is used goes beyond an allowance by one run at most; what has begun is never ended for it.

    Args:
        session: Of the journal. In the transaction that opens the run, two drivers cannot both see the last hour.
        allowances: All that its account must keep to.
        account: Whose the job is.
        job_id: The job; its own runs under way do not stand in its way.
        now: Seconds since 1970.
    """
    found = [_held(session, each, account.name(each.whose), job_id, now) for each in allowances]
    held = [each for each in found if each is not None]
    return max(held, key=lambda each: (each.for_good, each.until or 0.0), default=None)


def _held(session: Session, allowance: Allowance, name: str, job_id: str, now: float) -> Held | None:
    begin, end = span(allowance, now)
    if allowance.gpu_hours is not None or allowance.cpu_hours is not None:
        used = spent(session, allowance.whose, name, begin, without=job_id)
        if held := _of_hours(allowance, name, used, end):
            return held
    theirs = getattr(UsageRow, allowance.whose) == name
    if allowance.jobs is not None and jobs_at_once(session, theirs, without=job_id) >= allowance.jobs:
        return Held(
            f"{_called(allowance, name)} has {count(allowance.jobs, 'job')} on the pool's sites, as many as there may "
            "be at once. It goes on when one of them ends."
        )
    return None


def _of_hours(allowance: Allowance, name: str, used: Spent, end: float | None) -> Held | None:
    limits = (
        (allowance.gpu_hours, "GPU hours", used.gpu, used.gpu_ahead),
        (allowance.cpu_hours, "CPU hours", used.cpu, used.cpu_ahead),
    )
    held = [_of_kind(allowance, name, end, *each) for each in limits]
    return max((each for each in held if each), key=lambda each: each.for_good, default=None)


def _of_kind(
    allowance: Allowance, name: str, end: float | None, limit: float | None, what: str, used: float, ahead: float
) -> Held | None:
    if limit is None or used + ahead < limit * HOUR:
        return None
    whole = f"the {limit:g} {what} of {_called(allowance, name)}"
    if allowance.per:
        whole += f" for this {allowance.per}"
    day = f"{datetime.fromtimestamp(end, timezone.utc):%A, %Y-%m-%d %H:%M} UTC" if end else ""
    if used < limit * HOUR:
        latest = f", on {day} at the latest" if end else ""
        return Held(
            f"What runs already may use up {whole}. It goes on when that ends with something left{latest}.", end
        )
    if end:
        return Held(f"{_upper(whole)} are used up. It goes on on {day}.", end)
    return Held(f"{_upper(whole)} are used up. Ask the administrators of the pool for more.", for_good=True)


def _called(allowance: Allowance, name: str) -> str:
    return name if allowance.whose == "user" else f"the {allowance.whose} {name}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def span(allowance: Allowance, now: float) -> tuple[float, float | None]:
    """Returns from when to when the hours of an allowance count: the same for every driver, so in universal time.

    Args:
        allowance: The allowance.
        now: Seconds since 1970.
    """
    day = datetime.fromtimestamp(now, timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
    if allowance.per == "week":
        begin = day - timedelta(days=day.weekday())
        return begin.timestamp(), (begin + timedelta(days=7)).timestamp()
    if allowance.per == "month":
        begin = day.replace(day=1)
        return begin.timestamp(), (begin + timedelta(days=32)).replace(day=1).timestamp()
    return 0.0, None
