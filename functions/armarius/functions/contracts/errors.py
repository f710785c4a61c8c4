"""The root of every error that a person may see.

ArmariusError
 ├── BadInput           what was given cannot be used: the message names it
 ├── ... functions.errors: what can go wrong on a site
 └── ... client.errors: what can go wrong on the way there
"""


class ArmariusError(Exception):
    """Something that a person should know: what happened, to what, and what to do next.

    Args:
        message: What happened, and to what.
        hint: What to do next.
    """

    transient = False
    """Whether trying the very same thing again may succeed. Only this drives retries."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadInput(ArmariusError):
    """A file or a value that cannot be used, whoever gave it."""
