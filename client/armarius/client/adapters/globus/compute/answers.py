"""What comes back from a site: an answer, a refusal, or something that must not be opened."""

from typing import Any

from pydantic import ValidationError

from armarius.client.errors import SiteRefused
from armarius.functions.contracts import Answer

NOT_JSON = "The site answered with something other than JSON, which is never opened here."
RENEW = "The operator installs the same version of Armarius, then: armarius endpoint register"


def opened(found: Any, site: str) -> dict[str, Any]:
    """Returns what an answer holds.

    Raises:
        SiteRefused: It is a refusal, in the site's words; or no answer at all.
    """
    try:
        answer = Answer.model_validate(found)
    except ValidationError as error:
        raise SiteRefused(f"{site} answered with something that cannot be understood.", RENEW) from error
    if answer.refusal is not None:
        refusal = answer.refusal
        raise SiteRefused(f"{site}: {refusal.message}", refusal.hint, refusal.transient, refusal.error)
    return answer.answer or {}
