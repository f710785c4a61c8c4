"""Telling sites of runs that were given up while they could not be reached: none of them shall begin or go on."""

from contextlib import suppress

from armarius.client.jobs.desk import Desk
from armarius.functions.contracts import ArmariusError


def tell_given_up(desk: Desk) -> None:
    """Tells every site that can be reached to end the runs that were given up there; the others are told later.

    Such a run counts no more, whatever comes of it: a job listens to its newest run alone. It is told to end so that
    nobody's allocation is spent on it, and one that still waits in a queue never begins. What a site says to one of
    them keeps no other from being told: a site that is out of reach is left alone for a while by its own connection.
    """
    for row in desk.journal.keeping.given_up():
        if not desk.knows(row.site):
            continue
        with suppress(ArmariusError):
            desk.stop(row.site, row.run_id)
            desk.journal.keeping.told(row.run_id, desk.clock.now())
