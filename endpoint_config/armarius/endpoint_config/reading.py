"""Reading a profile, so that a mistake is told with its place."""

import sys
from pathlib import Path

from pydantic import ValidationError

from armarius.endpoint_config.errors import BadProfile
from armarius.endpoint_config.filling import FILL_IN, unfilled
from armarius.endpoint_config.profile import Profile

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_HINT = "The comments of a fresh profile say what each setting means: armarius endpoint init --help"


def read_profile(path: Path) -> Profile:
    """Reads a site profile.

    Raises:
        BadProfile: It cannot be read, or says what cannot be; the message names file and place.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadProfile(f"{path} cannot be read: {error}") from error
    if places := list(unfilled(table)):
        raise BadProfile(f"{path} still says {FILL_IN} at: {', '.join(places)}", "Only you can know these.")
    try:
        return Profile.model_validate(_with_kind(table))
    except ValidationError as error:
        raise BadProfile(f"{path}: {_told(error)}", _HINT) from error


def _with_kind(table: dict[str, object]) -> dict[str, object]:
    """An identity that does not say its kind is the service account."""
    identity = table.get("identity")
    return table | {"identity": {"kind": "service"} | identity} if isinstance(identity, dict) else table


def _told(error: ValidationError) -> str:
    """Returns the first complaint and how many more there are."""
    problems = error.errors(include_url=False)
    place = ".".join(str(part) for part in problems[0]["loc"] if part not in ("service", "mapped"))
    message = problems[0]["msg"].removeprefix("Value error, ")
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    return f"{place}: {message}{more}" if place else f"{message}{more}"
