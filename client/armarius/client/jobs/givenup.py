"""Telling sites of runs that were given up while they could not be reached: none of them shall begin or go on."""

from contextlib import suppress

from armarius.client.jobs.desk import Desk
from armarius.functions.contracts import ArmariusError


def tell_given_up(desk: Desk) -> None:
    """Tells every site that can be reached to end the runs that were given up there; the others are told later.

    Such a run counts no more, whatever comes of it: a job listens to its newest run alone. It is told to end so that
    nobody's allocation is spent on it, and one that still waits in a queue never begins.
    """
    silent: set[str] = set()
    for row in desk.journal.keeping.given_up():
        if row.site in silent or not desk.knows(row.site):
            continue
        silent.add(row.site)
        with suppress(ArmariusError):
            desk.stop(row.site, row.run_id)
            silent.discard(row.site)
            desk.journal.keeping.told(row.run_id, desk.clock.now())
