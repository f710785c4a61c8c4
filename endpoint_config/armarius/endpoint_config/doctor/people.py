"""Where everybody has an account of their own, root is nobody's: what belongs to people is examined by one of them."""

from collections.abc import Callable, Iterator
from functools import wraps

from armarius.endpoint_config.doctor.check import Check, warning
from armarius.endpoint_config.doctor.context import Context

THEMES = ("scheduler", "storage", "gpus", "collection")
"""The themes that look into a person's root, or send a job in a person's name."""

Examination = Callable[[Context], Iterator[Check]]


def not_as_root(theme: str) -> Callable[[Examination], Examination]:
    """Lets an examination be left out, with a warning, by root at a site of mapped accounts.

    As root it would look at root's own home, even make a directory there, and send root's jobs: none of it tells
    whether the site works for people.

    Args:
        theme: The theme of the examination.
    """

    def decorate(examination: Examination) -> Examination:
        @wraps(examination)
        def guarded(context: Context) -> Iterator[Check]:
            if context.profile.mapped and context.uid == 0:
                what = examination.__name__.replace("_", " ")
                options = " ".join(f"--only {each}" for each in THEMES)
                mend = f"Run `armarius endpoint doctor PROFILE {options}` as one of the mapped people."
                yield warning(theme, f"Not examined as root, since everybody has a root of their own: {what}.", mend)
            else:
                yield from examination(context)

        return guarded

    return decorate
