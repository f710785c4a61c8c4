"""Whose a job is: three names, each of which may be empty."""

from dataclasses import dataclass
from typing import Annotated, Literal

import psutil
from pydantic import AfterValidator

LONGEST_NAME = 80
EACH = "*"
"""In an allowance: each on their own. So nobody can be called that."""

Whose = Literal["user", "project", "institution"]


def account_name(name: str) -> str:
    """Names stand in tables, files and messages: one printable line, so nothing that turns the writing around."""
    if len(name) > LONGEST_NAME or not name.isprintable() or name != name.strip() or name == EACH:
        raise ValueError(f"a name has at most {LONGEST_NAME} printable characters, and is not {EACH!r}")
    return name


AccountName = Annotated[str, AfterValidator(account_name)]
"""Of a person, a project or an institution; empty for none."""


@dataclass(frozen=True)
class Account:
    """Whose a job is.

    Attributes:
        user: Who asked for it.
        project: What it is for.
        institution: Whose the user is.
    """

    user: str = ""
    project: str = ""
    institution: str = ""

    def name(self, whose: Whose) -> str:
        """Returns one of the names."""
        return str(getattr(self, whose))


def fitting(text: str) -> str:
    """Makes a name of whatever somebody called something elsewhere; nothing if nothing is left."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    name = " ".join(printable.split())[:LONGEST_NAME].strip()
    return "" if name == EACH else name


def login_name() -> str:
    """Returns who runs this process, as the machine knows them: not what the environment says."""
    try:
        return fitting(psutil.Process().username())
    except (psutil.Error, KeyError, OSError):  # an account without a name, as in some containers
        return ""
