"""Under which account a site answers: where everybody has their own, paths have its name in them."""

import re

from armarius.client.adapters.globus.compute import GlobusCompute
from armarius.client.errors import SiteRefused
from armarius.functions.contracts import ProbeRequest, SiteReport

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,63}\Z")


class AccountOf:
    """Asks a site, the first time that it is called.

    Args:
        site: The site's name.
        compute: The way to it.
    """

    def __init__(self, site: str, compute: GlobusCompute) -> None:
        self._site = site
        self._compute = compute
        self._name = ""

    def __call__(self) -> str:
        """Returns the account's name.

        Raises:
            SiteUnreachable: The site did not answer.
            SiteRefused: It said what is no account: it would lead elsewhere.
        """
        if not self._name:
            answer = self._compute.call("probe", ProbeRequest().model_dump(mode="json"))
            found = SiteReport.model_validate(answer).account
            if not _NAME.match(found):
                raise SiteRefused(f"{self._site} says that it answers as {found!r}, which is no account.")
            self._name = found
        return self._name
