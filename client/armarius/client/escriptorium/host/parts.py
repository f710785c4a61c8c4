"""The pages of documents: in which state they are, and how they are saved without stirring up what is above them."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager, nullcontext
from enum import IntEnum
from threading import Lock
from typing import Any

from armarius.client.escriptorium.host.tables import table

_one_at_a_time = Lock()


class Workflow(IntEnum):
    """The values of ``DocumentPart.workflow_state`` that matter here."""

    CONVERTED = 2
    SEGMENTING = 5
    SEGMENTED = 6
    TRANSCRIBING = 7
    """Also of a page that has been transcribed."""


def documents_of(parts: Collection[int]) -> dict[int, int]:
    """Returns the documents of some pages, by primary keys; pages that are gone are left out."""
    return dict(
        table("DocumentPart").objects.filter(pk__in=list(parts)).order_by("pk").values_list("pk", "document_id")
    )


def names_of(parts: Collection[int]) -> dict[int, str]:
    """Returns what people call some pages; those that are gone are left out."""
    found = table("DocumentPart").objects.filter(pk__in=list(parts)).values_list("pk", "name", "original_filename")
    return {pk: name or file or f"page {pk}" for pk, name, file in found}


def set_state(parts: Collection[int], state: Workflow, *, only: Workflow | None = None) -> None:
    """Changes the state of some pages.

    Args:
        parts: Primary keys.
        state: The new one.
        only: The one that they must be in for it.
    """
    pages = table("DocumentPart").objects.filter(pk__in=list(parts))
    (pages if only is None else pages.filter(workflow_state=only)).update(workflow_state=int(state))


def locked(pk: int) -> Any:
    """Returns a page that nobody else changes until the end of the transaction; None when somebody has deleted it."""
    return table("DocumentPart").objects.select_for_update().filter(pk=pk).first()


@contextmanager
def undisturbed() -> Iterator[None]:
    """Makes a block in which saving a line does not save its page, its document and its project, each time anew.

    eScriptorium does so in its tasks as well. Its switch is one for the whole process, so one thread at a time is here.
    """
    import core.models

    cascade = getattr(core.models, "CascadeUpdate", None)
    with _one_at_a_time, cascade.bypass() if cascade is not None else nullcontext():
        yield
