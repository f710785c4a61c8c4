"""A line of a job's history."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Entry:
    """Something that happened.

    Attributes:
        at: When, in seconds since 1970.
        what: In a word or two.
        site: Where; empty where it was on no site.
        run: To which run; empty where to none.
        why: Why, or what more there is to say.
    """

    at: float
    what: str
    site: str = ""
    run: str = ""
    why: str = ""
