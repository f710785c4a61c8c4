"""What was decided, as it is written down with the run: every site's sum, or the rule that excluded it."""

from typing import Annotated

from pydantic import Field

from armarius.functions.contracts.base import Contract, NonNegative


class Sum(Contract):
    """What one site would take, in seconds.

    Attributes:
        staging: Until what it lacks is there.
        wait: Until the run begins.
        work: What is left to compute, with the start of the engine.
        own: The part of the wait that the pool's own runs there cause.
        size: Bytes that it lacks.
        queue: The scheduler's own estimate of the wait, if there was one.
        shape: The slice of a machine.
        walltime: What would be asked for; None for no end.
        measured: How many measurements the speed rests on; with none it is a guess, and a hopeful one.
    """

    staging: NonNegative
    wait: NonNegative
    work: NonNegative
    own: NonNegative = 0.0
    size: Annotated[int, Field(ge=0)] = 0
    queue: NonNegative | None = None
    shape: str
    walltime: float | None = None
    measured: Annotated[int, Field(ge=0)] = 0

    @property
    def finish(self) -> float:
        """Seconds from now until it would be done."""
        return self.staging + self.wait + self.work


class Verdict(Contract):
    """One site: its sum, or why it may not take the job.

    Attributes:
        site: Its name.
        reason: The rule that excluded it, in words for people; empty where none did.
        sum: None where it is excluded, or where it was the only one left and nothing had to be compared.
    """

    site: str
    reason: str = ""
    sum: Sum | None = None


class Decision(Contract):
    """Where a run goes, and why.

    Attributes:
        at: Seconds since 1970.
        chosen: The site, or None where none may take it, or where waiting for a full one is better.
        why: What decided, in words for people.
        verdicts: All sites, in the order of the configuration.
    """

    at: NonNegative
    chosen: str | None = None
    why: str = ""
    verdicts: tuple[Verdict, ...] = ()

    def sum_of(self, site: str | None) -> Sum | None:
        """Returns the sum of one site."""
        return next((each.sum for each in self.verdicts if each.site == site), None)

    def reasons(self) -> str:
        """Says why no site may take it, each in its turn."""
        return "; ".join(f"{each.site} {each.reason}" for each in self.verdicts if each.reason)
