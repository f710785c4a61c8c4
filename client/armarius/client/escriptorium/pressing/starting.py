"""From pages that are packed to a job of the pool."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.utils.text import slugify

from armarius.client.escriptorium.host import shelf
from armarius.client.escriptorium.host.accounts import account_of
from armarius.client.escriptorium.host.confinement import projects_of
from armarius.client.escriptorium.host.parts import documents_of
from armarius.client.escriptorium.host.people import find_user
from armarius.client.escriptorium.host.tables import table
from armarius.client.escriptorium.life.confining import tags_for
from armarius.client.escriptorium.life.identity import identity_for
from armarius.client.escriptorium.life.office import Office
from armarius.client.escriptorium.pressing.batching import Batch
from armarius.client.escriptorium.pressing.wish import Wish, wish_of
from armarius.client.pages import PackedDataset
from armarius.client.prepare import PACKAGED
from armarius.functions.contracts import BadInput, PageFormat, PageParameters

RESULTS = "results"

FORMATS: dict[str, PageFormat] = {"segment": "alto", "transcribe": "page"}
"""What is brought home. PAGE alone tells the place and the confidence of each blank, as eScriptorium keeps them; ALTO
alone has the lines around which no outline could be drawn."""


def wish_of_batch(batch: Batch) -> Wish:
    """Returns what is asked for all pages of a job."""
    return wish_of(batch[0].task, batch[0].arguments_json)


def parts_of_batch(batch: Batch) -> list[int]:
    """Returns the primary keys of the pages of a job, each once."""
    return list(dict.fromkeys(part for row in batch for part in row.parts_json))


def check_model(wish: Wish) -> None:
    """Refuses work without a model.

    Raises:
        BadInput: There is none that could read.
    """
    if wish.process == "transcribe":
        _weights(wish)


def start(office: Office, batch: Batch, packed: PackedDataset) -> None:
    """Makes a job of the pages; done twice, it is one job.

    Raises:
        BadInput: The model cannot be used, or no site may have the pages.
    """
    wish, parts, job_id = wish_of_batch(batch), parts_of_batch(batch), batch[0].job
    tags = tags_for(office, parts)
    if not documents_of(parts):  # looked at after the tags: those of a document that is gone were none
        raise BadInput("The pages were deleted.")
    results = folder_of(office, job_id) / RESULTS
    shutil.rmtree(results, ignore_errors=True)  # of an attempt that was cut off
    with _calling_it_by_name(weights := _weights(wish)):
        office.pool.pages_packed(
            packed,
            job_id=job_id,
            name=_name(wish, parts),
            output=results,
            formats=(FORMATS[wish.process],),
            model=weights if wish.process == "transcribe" else None,
            segmentation=weights if wish.process == "segment" and weights is not None else PACKAGED,
            parameters=_parameters(wish, packed),
            site=office.options.site,
            only_tags=tags,
            identity=identity_for(office, batch[0].user),
            **_account(office, wish, parts),
        )


def folder_of(office: Office, job_id: str) -> Path:
    """Returns where a job keeps what it needs until its end, and what came of it."""
    return office.pool.config.home / "escriptorium" / job_id


def _parameters(wish: Wish, packed: PackedDataset) -> PageParameters:
    """Returns how eScriptorium lets kraken work."""
    if wish.process == "segment":
        return PageParameters(text_direction=wish.direction)
    right = packed.manifest.text_direction in ("horizontal-rl", "vertical-rl")
    return PageParameters(bidi_reordering="R" if right else "L")


def _weights(wish: Wish) -> Path | None:
    """Returns the file of the model in MEDIA_ROOT; None where kraken's own is wanted.

    Raises:
        BadInput: It is not there.
    """
    model = shelf.look_up(wish.model) if wish.model is not None else None
    if model is None and wish.process == "segment":  # eScriptorium takes kraken's own then, too
        return None
    if model is None or model.file is None:
        raise BadInput("The model is not there any more." if model is None else f"{model.name!r} has no weights.")
    return model.file


@contextmanager
def _calling_it_by_name(weights: Path | None) -> Iterator[None]:
    """Says of a model that cannot be used no more than users know: nothing of this server's folders."""
    try:
        yield
    except BadInput as error:
        if weights is None or str(weights) not in error.message:
            raise
        raise BadInput(error.message.replace(str(weights), "The model"), error.hint) from error


def _account(office: Office, wish: Wish, parts: list[int]) -> dict[str, Any]:
    """Returns whose the work and its pages are; where no institution is known, it is the pool's own."""
    account = account_of(find_user(wish.user), parts, office.options.institutions)
    institution = {"institution": account.institution} if account.institution else {}
    further = tuple(name for name in projects_of(parts) if name != account.project)
    return {"user": account.user, "project": account.project, "data_of": further, **institution}


def _name(wish: Wish, parts: list[int]) -> str:
    """Returns what the job is called: as its document, and what is done to it."""
    page = table("DocumentPart").objects.filter(pk__in=parts[:1])
    document = slugify(page.values_list("document__name", flat=True).first() or "")[:50] or "pages"
    return f"{document}-{wish.process}"
