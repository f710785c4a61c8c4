"""Writing what was read on a page: texts, as eScriptorium's own transcription does."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from django.db import transaction
from django.db.models import Avg

from armarius.client.errors import PageError
from armarius.client.escriptorium.host import parts
from armarius.client.escriptorium.host.parts import Workflow
from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.pressing.reading import ReadLine
from armarius.client.escriptorium.pressing.unchanged import Sent, check_unchanged


@dataclass(frozen=True)
class Origin:
    """Where texts are from.

    Attributes:
        job: That read them.
        author: Whose name a version bears.
        source: What it says of where it is from.
        sent: The image that was read; None where there was nothing to read.
    """

    job: str
    author: str
    source: str
    sent: Sent | None = None


def write_texts(origin: Origin, transcription: int, pk: int, read: Mapping[int, ReadLine]) -> int:
    """Writes the texts of a page into a layer, all of them or none; done again, nothing more is written.

    The mark is the revision that eScriptorium gives to a text: ours follows from the job. What stood there before
    becomes an older version.

    Args:
        origin: Where they are from.
        transcription: Primary key of the layer.
        pk: Of the page.
        read: The texts by the primary keys of their lines; lines that are gone are passed over.

    Returns:
        How many of them stand on the page.

    Raises:
        PageError: None of several can be written, the layer is gone, or the page shows another image by now.
    """
    with parts.undisturbed(), transaction.atomic():
        part = parts.locked(pk)
        if part is None:
            return 0
        known = _texts(part, transcription)
        if done := sum(_is_marked(text, _mark(origin.job, line)) for line, text in known.items()):
            return done
        lines = list(part.lines.filter(pk__in=list(read)))
        if origin.sent is not None:
            _check(part, origin.sent, transcription, len(lines))
        for line in lines:
            _write(known.get(line.pk), line, transcription, read[line.pk], origin)
        told = [sure for line in lines if (sure := read[line.pk].confidence) is not None]
        if told and hasattr(part, "max_avg_confidence"):
            part.max_avg_confidence = max(part.max_avg_confidence or 0.0, mean(told))
        part.workflow_state = int(Workflow.TRANSCRIBING)
        part.calculate_progress()
        part.save()
        return len(lines)


def sum_up(transcription: int) -> None:
    """Writes the mean confidence of a layer, over all of its texts."""
    layer = table("Transcription").objects.filter(pk=transcription).first()
    if layer is None or not hasattr(layer, "avg_confidence"):
        return
    told = layer.linetranscription_set.filter(avg_confidence__isnull=False)
    layer.avg_confidence = told.aggregate(avg=Avg("avg_confidence"))["avg"]
    layer.save()


def _check(part: Any, sent: Sent, transcription: int, lines: int) -> None:
    """Makes sure that what was read can be written; the layer stays until the end of the transaction."""
    name = Path(part.image.name)
    if not table("Transcription").objects.select_for_update(no_key=True).filter(pk=transcription).exists():
        raise PageError(
            name, "was read, but its layer was deleted meanwhile. Choose another, and press the button again."
        )
    check_unchanged(part, sent)
    if not lines:
        raise PageError(name, "was read, but none of those lines is there any more. Press the button again.")


def _texts(part: Any, transcription: int) -> dict[int, Any]:
    """Returns the texts of a page in a layer, by the primary keys of their lines."""
    texts = table("LineTranscription").objects.filter(transcription_id=transcription, line__document_part=part)
    texts = texts.select_for_update(of=("self",))  # what is corrected in this moment becomes an older version, too
    return {text.line_id: text for text in texts}


def _write(known: Any, line: Any, transcription: int, found: ReadLine, origin: Origin) -> None:
    text = known
    if text is None:
        text = table("LineTranscription")(line=line, transcription_id=transcription)
    else:
        with _unchanged_is_no_fault():
            text.new_version()
    text.version_author, text.version_source = origin.author, origin.source
    text.revision = _mark(origin.job, line.pk)
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
