"""What an examination finds: one sentence each, and what to mend."""

from enum import Enum

from armarius.functions.contracts import Contract


class Verdict(str, Enum):
    """How grave it is."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Check(Contract):
    """One thing that was looked at.

    Attributes:
        theme: What it belongs to, such as "storage".
        verdict: How it stands.
        found: What was seen.
        mend: What to do about it; empty where all is well.
    """

    theme: str
    verdict: Verdict
    found: str
    mend: str = ""


def ok(theme: str, found: str) -> Check:
    """Says that all is well."""
    return Check(theme=theme, verdict=Verdict.OK, found=found)


def warning(theme: str, found: str, mend: str) -> Check:
    """Says that something may be amiss, or could not be looked at."""
    return Check(theme=theme, verdict=Verdict.WARNING, found=found, mend=mend)


def problem(theme: str, found: str, mend: str) -> Check:
    """Says that runs will fail, or that something is open that should not be."""
    return Check(theme=theme, verdict=Verdict.PROBLEM, found=found, mend=mend)
