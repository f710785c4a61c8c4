"""Telling eScriptorium's pages and users what became of pages, as its own tasks do."""

from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from armarius.client.escriptorium.host import events, parts, people
from armarius.client.escriptorium.host.parts import Workflow
from armarius.client.escriptorium.pressing import words
from armarius.client.escriptorium.pressing.wish import Process, Wish

KINDS: Mapping[Process, str] = {"segment": "segmentation", "transcribe": "transcription"}
"""How the identifiers of notifications begin."""

FAILED: Mapping[Process, Workflow] = {"segment": Workflow.CONVERTED, "transcribe": Workflow.SEGMENTED}
"""The state of a page that could not be done."""


def page_done(task_id: str, wish: Wish, document: int, part: int) -> None:
    """Tells that a page is written."""
    events.page(document, part, wish.process, "done", task_id)


def set_back(wish: Wish, part: int) -> None:
    """Gives a page that could not be done the state from which it can be pressed for again."""
    parts.set_state([part], FAILED[wish.process])


def page_failed(task_id: str, wish: Wish, document: int, part: int) -> None:
    """Tells that a page could not be done."""
    events.page(document, part, wish.process, "canceled", task_id)


def well_done(wish: Wish) -> None:
    """Tells the user that pages are done."""
    said = _(words.SENTENCES[wish.process][0])
    people.notify(people.find_user(wish.user), said, id_=f"{KINDS[wish.process]}-success", level="success")


def something_wrong(wish: Wish, reasons: Sequence[str], links: list[dict[str, str]]) -> None:
    """Tells the user that pages failed, and why."""
    said = words.wrong(_(words.SENTENCES[wish.process][1]), reasons)
    id_ = f"{KINDS[wish.process]}-error"
    people.notify(people.find_user(wish.user), said, id_=id_, level="danger", links=links)
