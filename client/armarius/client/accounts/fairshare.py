"""Fair share: of those who wait, who has used least of late comes first.

As Slurm's classic fair-share factor, F = 2^(-U / S), does (https://slurm.schedmd.com/classic_fair_share.html): U is a
user's part of what all have used of late, S their part of the shares. Whoever has used just their share has a factor of
0.5, whoever has used nothing has 1. What was used is halved with every half-life that has passed since. All are divided
by the same sums, so the order of the factors is that of what each has used per share, which is what is compared here.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import BigInteger, cast, func, select
from sqlalchemy.orm import Session

from armarius.client.accounts.spent import running
from armarius.client.config.accounts import FairShare
from armarius.client.journal.accounttables import UsageRow

HALF_LIVES = 8
"""What is older counts nothing: it would be less than a two-hundredth."""

STEPS = 8
"""So many sums are made of a half-life: what lies between is told apart no further."""

UNKNOWN_WALLTIME = 3600.0
"""What a run counts that has no end, until more of it is known."""


@dataclass(frozen=True)
class Standing:
    """What everybody has used of late.

    Attributes:
        used: CPU seconds of each user, GPUs weighed in.
        rules: Shares and weights.
    """

    used: Mapping[str, float]
    rules: FairShare

    def burden(self, user: str) -> float:
        """Returns what a user has used for each of their shares: the factors' order, the other way round."""
        return self.used.get(user, 0.0) / self.rules.share(user)


def standing(session: Session, rules: FairShare, now: float) -> Standing:
    """Sums up what everybody has used of late; what runs counts as if it took all of its walltime.

    Args:
        session: Of the journal.
        rules: Half-life, weights, shares.
        now: Seconds since 1970.
    """
    half = rules.half_life_seconds
    step = cast(UsageRow.seen / (half / STEPS), BigInteger)
    sums = (
        select(UsageRow.user, func.avg(UsageRow.seen), func.sum(UsageRow.gpu_seconds), func.sum(UsageRow.cpu_seconds))
        .where(UsageRow.seen > now - HALF_LIVES * half)
        .group_by(UsageRow.user, step)
    )
    used: dict[str, float] = {}
    for user, seen, gpu, cpu in session.execute(sums):
        faded = 2 ** (-max(0.0, now - seen) / half)
        used[user] = used.get(user, 0.0) + faded * _weighed(rules, gpu, cpu)
    for row in running(session):
        seconds = max(0.0, (row.walltime or UNKNOWN_WALLTIME) - row.seconds)
        used[row.user] = used.get(row.user, 0.0) + _weighed(rules, seconds * row.gpus, seconds * row.cpus)
    return Standing(used, rules)


def _weighed(rules: FairShare, gpu_seconds: float, cpu_seconds: float) -> float:
    return rules.gpu_weight * gpu_seconds + cpu_seconds
