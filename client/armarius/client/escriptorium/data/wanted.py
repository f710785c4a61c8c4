"""Which pages and which of their texts a training is about."""

from dataclasses import dataclass
from typing import Any

from armarius.client.escriptorium.host.events import Room
from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.options import RECOGNITION_TASKS
from armarius.functions.contracts import BadInput


@dataclass(frozen=True)
class WantedPage:
    """A page of a training.

    Attributes:
        part: Primary key of its DocumentPart.
        transcription: Primary key of the Transcription whose texts count; None for a segmentation.
    """

    part: int
    transcription: int | None = None


@dataclass(frozen=True)
class Wanted:
    """What a training is about.

    Attributes:
        recognition: Whether it learns to read; else it learns to find lines and regions.
        room: Where it is watched.
        pages: In the order of the document or the collection.
    """

    recognition: bool
    room: Room
    pages: tuple[WantedPage, ...]

    @property
    def parts(self) -> list[int]:
        """The primary keys of the pages, each once."""
        return list(dict.fromkeys(page.part for page in self.pages))


def wanted(task: str, arguments: dict[str, Any]) -> Wanted:
    """Reads what a task was called with.

    Args:
        task: Its name.
        arguments: By name.

    Raises:
        BadInput: What it names is not there (any more).
    """
    recognition = task in RECOGNITION_TASKS
    if "collection_pk" in arguments:
        return _of_collection(recognition, int(arguments["collection_pk"]))
    parts = [int(part) for part in arguments.get("part_pks") or ()]
    transcription = int(arguments["transcription_pk"]) if recognition else None
    ordered = table("DocumentPart").objects.filter(pk__in=parts).order_by("document_id", "order")
    found = list(ordered.values_list("pk", "document_id"))
    document = arguments.get("document_pk") or _document_of(transcription, [document for _, document in found])
    if document is None:
        raise BadInput("The document of this training is not there any more.")
    return Wanted(recognition, Room("document", document), tuple(WantedPage(part, transcription) for part, _ in found))


def _document_of(transcription: int | None, documents: list[int]) -> int | None:
    if transcription is not None:
        known = table("Transcription").objects.filter(pk=transcription).values_list("document_id", flat=True).first()
        return int(known) if known is not None else None
    return documents[0] if documents else None


def _of_collection(recognition: bool, collection: int) -> Wanted:
    """Pages of several documents, each with the text that was chosen for it (2026's eScriptorium)."""
    items = table("VirtualCollectionItem").objects.filter(collection_id=collection).order_by("pk")
    pages = [WantedPage(*item) for item in items.values_list("document_part_id", "transcription_layer_id")]
    if recognition:
        pages = [page for page in pages if page.transcription is not None]
    else:
        pages = [WantedPage(part) for part in dict.fromkeys(page.part for page in pages)]
    return Wanted(recognition, Room("collection", collection), tuple(pages))
