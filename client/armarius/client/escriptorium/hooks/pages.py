"""What the bodies of "Segment" and "Transcribe" do instead of their work: they write it down."""

import logging
import time
from contextlib import suppress

from armarius.client.escriptorium.hooks.desk import opened_ledger
from armarius.client.escriptorium.host import events, parts, people, reports
from armarius.client.escriptorium.pressing import telling, words
from armarius.client.escriptorium.pressing.wish import alike, parts_of, wish_of
from armarius.client.escriptorium.record import Asked, Phase, PressedRow
from armarius.functions.contracts import ArmariusError

_LOG = logging.getLogger(__name__)


class NotDone(Exception):
    """What a message asks for has failed already: it was delivered again, after its end."""


def take(asked: Asked) -> None:
    """Writes work on pages down, or refuses it and says why; nothing else, so the worker is free again at once.

    Raises:
        NotDone: It was written down before, and has ended without having been done.
    """
    pages = parts_of(asked.arguments)
    try:
        people.check_minutes(people.find_user(asked.user))
        with opened_ledger() as ledger:
            key = alike(asked, next(iter(parts.documents_of(pages).values()), None))
            known = ledger.pressed.write_down(asked, pages, key, time.time())
            if reports.cancelled_in_queue(asked.task_id):
                ledger.pressed.cancel(asked.task_id)
    except ArmariusError as error:
        _refuse(asked, str(error))
        known = None
    if known is not None and known.phase is Phase.ENDED:
        _repeat(known)
        return
    reports.step_aside(asked.task_id)


def _repeat(known: PressedRow) -> None:
    """Lets eScriptorium say again how it ended."""
    if known.outcome not in words.GOOD:
        raise NotDone(known.outcome)


def _refuse(asked: Asked, why: str) -> None:
    """Ends work that has not begun."""
    _LOG.warning("%s %s is refused: %s", asked.task, asked.task_id, why)
    with suppress(ArmariusError), opened_ledger() as ledger:
        ledger.pressed.forget(asked.task_id)
    wish = wish_of(asked.task, asked.arguments)
    reports.say(asked.task_id, [why])
    reports.end(asked.task_id, reports.State.ERROR, None)
    events.task_over(parts.documents_of(parts_of(asked.arguments)), wish.process, "error", asked.task_id)
    telling.something_wrong(wish, [why], reports.report_links(asked.task_id))
