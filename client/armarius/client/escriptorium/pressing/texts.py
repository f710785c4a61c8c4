"""Writing what was read on a page: texts, as eScriptorium's own transcription does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from statistics import mean
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Avg

from armarius.client.escriptorium.host import parts
from armarius.client.escriptorium.host.parts import Workflow
from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.pressing.reading import ReadLine


def write_texts(job: str, transcription: int, pk: int, read: Mapping[int, ReadLine], author: str, source: str) -> bool:
    """Writes the texts of a page into a layer, all of them or none; done again, nothing more is written.

    The mark is the revision that eScriptorium gives to a text: ours follows from the job. What stood there before
    becomes an older version.

    Args:
        job: That read them.
        transcription: Primary key of the layer.
        pk: Of the page.
        read: The texts by the primary keys of their lines; lines that are gone are passed over.
        author: Whose name a version bears.
        source: What it says of where it is from.

    Returns:
        Whether the page is still there.
    """
    with parts.undisturbed(), transaction.atomic():
        part = parts.locked(pk)
        if part is None:
            return False
        known = _texts(part, transcription)
        if any(_is_marked(text, _mark(job, line)) for line, text in known.items()):
            return True
        told = []
        for line in part.lines.filter(pk__in=list(read)):
            found = read[line.pk]
            _write(known.get(line.pk), line, transcription, found, _mark(job, line.pk), author, source)
            told.extend([found.confidence] if found.confidence is not None else [])
        if told and hasattr(part, "max_avg_confidence"):
            part.max_avg_confidence = max(part.max_avg_confidence or 0.0, mean(told))
        part.workflow_state = int(Workflow.TRANSCRIBING)
        part.calculate_progress()
        part.save()
        return True


def sum_up(transcription: int) -> None:
    """Writes the mean confidence of a layer, over all of its texts."""
    layer = table("Transcription").objects.filter(pk=transcription).first()
    if layer is None or not hasattr(layer, "avg_confidence"):
        return
    told = layer.linetranscription_set.filter(avg_confidence__isnull=False)
    layer.avg_confidence = told.aggregate(avg=Avg("avg_confidence"))["avg"]
    layer.save()


def _texts(part: Any, transcription: int) -> dict[int, Any]:
    """Returns the texts of a page in a layer, by the primary keys of their lines."""
    texts = table("LineTranscription").objects.filter(transcription_id=transcription, line__document_part=part)
    return {text.line_id: text for text in texts}


def _write(known: Any, line: Any, transcription: int, found: ReadLine, mark: UUID, author: str, source: str) -> None:
    text = known
    if text is None:
        text = table("LineTranscription")(line=line, transcription_id=transcription)
    else:
        with _unchanged_is_no_fault():
            text.new_version()
    text.version_author, text.version_source, text.revision = author, source, mark
    text.content, text.graphs, text.avg_confidence = found.content, found.graphs, found.confidence
    text.save()


@contextmanager
def _unchanged_is_no_fault() -> Iterator[None]:
    """EScriptorium refuses to keep a version that it keeps already."""
    from versioning.models import NoChangeException

    try:
        yield
    except NoChangeException:
        return


def _is_marked(text: Any, mark: UUID) -> bool:
    """Tells whether a text, or a version of it, is of this job."""
    return mark == text.revision or any(version.get("revision") == mark.hex for version in text.versions)


def _mark(job: str, line: int) -> UUID:
    return uuid5(NAMESPACE_URL, f"armarius:{job}:{line}")
