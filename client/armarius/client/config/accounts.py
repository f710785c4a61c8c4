"""Who may use how much of a pool, and whose turn it is: a part of ``pool.toml``."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from armarius.client.accounts.names import EACH, Account, AccountName, Whose, account_name
from armarius.client.config.durations import seconds_of
from armarius.client.config.text import Duration
from armarius.functions.contracts import Contract


def _who(name: str) -> str:
    return name if name == EACH else account_name(name)


Who = Annotated[str, Field(min_length=1), AfterValidator(_who)]
"""A name, or "*" for each on their own."""

Hours = Annotated[float, Field(gt=0, le=1e9)]

LEAST_HALF_LIFE = 3600.0


class Allowance(Contract):
    """What somebody may use.

    Attributes:
        user: Whose it is, or
        project: which project's, or
        institution: which institution's. One of the three: a name, or "*" for each on their own.
        gpu_hours: Hours x GPUs.
        cpu_hours: Hours x CPUs.
        jobs: On the sites at the same time.
        per: The hours are those of a week (from Monday, 0:00 UTC) or of a month; in all if None.
    """

    user: Who | None = None
    project: Who | None = None
    institution: Who | None = None
    gpu_hours: Hours | None = None
    cpu_hours: Hours | None = None
    jobs: Annotated[int, Field(ge=1)] | None = None
    per: Literal["week", "month"] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> "Allowance":
        if len([name for name in (self.user, self.project, self.institution) if name]) != 1:
            raise ValueError("whose is it? Give one of user, project, institution")
        if self.gpu_hours is None and self.cpu_hours is None and self.jobs is None:
            raise ValueError("of what? Give gpu_hours, cpu_hours or jobs")
        if self.per and self.gpu_hours is None and self.cpu_hours is None:
            raise ValueError(f"jobs count at once, not per {self.per}; give hours with it")
        return self

    @property
    def whose(self) -> Whose:
        """Which of the three it is about."""
        return "user" if self.user else "project" if self.project else "institution"

    @property
    def who(self) -> str:
        """The name."""
        return str(self.user or self.project or self.institution)


class FairShare(Contract):
    """Whose turn it is, of those who wait.

    Attributes:
        half_life: After this time, what somebody has used counts half.
        gpu_weight: As how many CPUs a GPU counts.
        shares: Who may have more of the pool than others: 2 is twice as much. All others have 1.
    """

    half_life: Duration = "7d"
    gpu_weight: Annotated[float, Field(ge=0, le=1e6)] = 16.0
    shares: dict[AccountName, Annotated[float, Field(gt=0, le=1e6)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _not_too_short(self) -> "FairShare":
        if self.half_life_seconds < LEAST_HALF_LIFE:
            raise ValueError("half_life is at least 1h: what ran an hour ago would count nothing any more")
        return self

    @property
    def half_life_seconds(self) -> float:
        """The same in seconds."""
        return seconds_of(self.half_life)

    def share(self, user: str) -> float:
        """Returns a user's."""
        return self.shares.get(user, 1.0)


class AccountRules(Contract):
    """All of it.

    Attributes:
        allowances: Who may use how much.
        fair_share: Whose turn it is.
    """

    allowances: tuple[Allowance, ...] = ()
    fair_share: FairShare = FairShare()

    def for_(self, account: Account) -> list[Allowance]:
        """Returns what somebody must keep to. What names them takes the place of what is for each of their kind."""
        theirs = [each for each in self.allowances if account.name(each.whose) and each.who == account.name(each.whose)]
        named = {each.whose for each in theirs}
        return theirs + [
            each
            for each in self.allowances
            if each.who == EACH and account.name(each.whose) and each.whose not in named
        ]
