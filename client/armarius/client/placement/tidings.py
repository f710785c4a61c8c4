"""How sites are: each is asked once for all who want to know, and the answer is kept in the journal with its age.

Placement, the pages of eScriptorium, what its users are told of a queue, and ``armarius sites`` all look here.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from threading import Lock

from pydantic import ValidationError

from armarius.client.journal import Journal
from armarius.client.journal.sitetables import SiteRow
from armarius.functions.contracts import ArmariusError, SiteReport

FRESH = 60.0
"""Seconds for which an answer counts."""

FRESH_SILENCE = 30.0
"""Seconds after which a site that did not answer is asked again."""

Ask = Callable[[list[str]], SiteReport]
"""Asks a site how it is, and which of some files it lacks."""


class Tidings:
    """What one driver has heard of sites, and by the journal from other drivers. Safe in threads."""

    def __init__(self) -> None:
        self._rows: dict[str, SiteRow] = {}
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)

    def known(self, journal: Journal, site: str, now: float) -> SiteRow | None:
        """Returns what was last heard of a site, by any driver; asks nobody."""
        row = self._rows.get(site)
        if not is_fresh(row, now):
            row = journal.sites.read(site)
            if row is not None:
                self._rows[site] = row
        return row

    def of(
        self,
        journal: Journal,
        site: str,
        probe: Ask,
        now: float,
        digests: Sequence[str] = (),
        *,
        anew: bool = False,
    ) -> SiteRow:
        """Tells how a site is; asks it only if nobody has within the last minute.

        Whoever comes while it is being asked waits for that answer.

        Args:
            journal: Where it is kept.
            site: Which.
            probe: How to ask it.
            now: Seconds since 1970.
            digests: Files of which it is also asked, if it is asked, whether it lacks them.
            anew: Ask it however lately that was done.
        """
        with self._turns[site]:
            row = self.known(journal, site, now)
            if anew or row is None or not is_fresh(row, now):
                row = self._rows[site] = _ask(journal, site, probe, now, list(digests))
            return row

    def forget(self, site: str) -> None:
        """Notes that something else than a probe told how a site is: it is read anew."""
        self._rows.pop(site, None)


def is_fresh(row: SiteRow | None, now: float) -> bool:
    """Tells whether what was heard of a site still counts."""
    return row is not None and 0 <= now - row.tried < (FRESH if row.silent is None else FRESH_SILENCE)


def understood(row: SiteRow | None) -> SiteReport | None:
    """Returns the last answer; one that another release wrote down counts as none."""
    try:
        return SiteReport.model_validate(row.report_json) if row and row.report_json else None
    except ValidationError:
        return None


def _ask(journal: Journal, site: str, probe: Ask, now: float, digests: list[str]) -> SiteRow:
    try:
        report = probe(digests)
    except ArmariusError as error:
        return journal.sites.did_not_answer(site, str(error), now)
    except ValidationError as error:
        said = f"It answered in words of another release: {error.errors()[0]['msg']}."
        return journal.sites.did_not_answer(site, said, now)
    return journal.sites.answered(site, report, now)
