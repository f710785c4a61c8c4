"""The models of eScriptorium: their flags and figures, and their files in MEDIA_ROOT."""

import re
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify

from armarius.client.escriptorium.host.tables import table
from armarius.functions.contracts import ModelFormat
from armarius.functions.files import replacing

CARD = "README.md"
SEGMENT = 1
"""The value of ``OcrModel.job`` for segmentation."""

VERSION = re.compile(r"version_(\d+)\.")

NEW_FORMAT = 7
"""The first kraken whose eScriptorium keeps models as safetensors."""


def media_root() -> Path:
    """Returns where eScriptorium keeps its files."""
    return Path(settings.MEDIA_ROOT)


def format_here(chosen: ModelFormat | None) -> ModelFormat:
    """Returns which weights this eScriptorium reads: what the admin says, else its kraken, else what it accepts."""
    if chosen is not None:
        return chosen
    try:
        return "safetensors" if int(metadata.version("kraken").partition(".")[0]) >= NEW_FORMAT else "mlmodel"
    except (metadata.PackageNotFoundError, ValueError):
        return "safetensors" if "safetensors" in _accepted() else "mlmodel"


def _accepted() -> set[str]:
    """Returns the suffixes that may be uploaded."""
    validators = table("OcrModel")._meta.get_field("file").validators
    return {suffix for each in validators for suffix in getattr(each, "allowed_extensions", None) or ()}


@dataclass(frozen=True)
class Shelved:
    """A model as it stands.

    Attributes:
        name: What people call it.
        file: Its weights, if it has any.
        accuracy: From 0 to 1.
        epoch: Of its last training.
    """

    name: str
    file: Path | None
    accuracy: float
    epoch: int


def look_up(pk: int) -> Shelved | None:
    """Returns a model as it stands; None when somebody has deleted it."""
    model = table("OcrModel").objects.filter(pk=pk).first()
    if model is None:
        return None
    path = media_root() / model.file.name if model.file else None
    return Shelved(model.name, path if path and path.is_file() else None, model.training_accuracy, model.training_epoch)


def names(pks: Collection[int]) -> dict[int, str]:
    """Returns what people call some models; those that are gone are left out."""
    return dict(table("OcrModel").objects.filter(pk__in=list(pks)).values_list("pk", "name"))


def flags(pks: Collection[int]) -> dict[int, bool]:
    """Tells of several models whether they say that they are being trained; those that are gone are left out."""
    return dict(table("OcrModel").objects.filter(pk__in=list(pks)).values_list("pk", "training"))


def set_training(pk: int, training: bool) -> None:
    """Says whether a model is being trained."""
    table("OcrModel").objects.filter(pk=pk).exclude(training=training).update(training=training)


@dataclass(frozen=True)
class Home:
    """Where the weights of a model belong, and those of its epochs beside them.

    Attributes:
        path: Relative to MEDIA_ROOT.
        versions: How many epochs of earlier trainings lie there already: none of theirs is ever overwritten.
    """

    path: str
    versions: int = 0

    def version(self, epoch: int, suffix: str) -> str:
        """Returns where the weights of an epoch belong, counted from 1."""
        return str(Path(self.path).with_name(f"version_{self.versions + epoch}{suffix}"))


def choose_home(pk: int, suffix: ModelFormat) -> Home:
    """Chooses where the weights of a model belong.

    Its file is written anew where its name ends as it must; otherwise they come beside it. A model that has none gets
    a folder of its own, as eScriptorium gives one.
    """
    model = table("OcrModel").objects.get(pk=pk)
    if not model.file:
        return Home(str(model.file.field.upload_to(model, f"{slugify(model.name) or 'model'}.{suffix}")))
    path = Path(model.file.name).with_suffix(f".{suffix}")
    numbers = [VERSION.match(each.name) for each in (media_root() / path.parent).glob("version_*")]
    return Home(str(path), max((int(found[1]) for found in numbers if found), default=0))


def add_version(pk: int, home: Home, weights: Path, *, epoch: int, accuracy: float) -> list[Any]:
    """Offers the weights of an epoch for download, and notes how good they are.

    Args:
        pk: Of the model.
        home: Where its weights belong.
        weights: The file as it came home; it may be missing.
        epoch: From 1.
        accuracy: Of it.

    Returns:
        All versions that there are.
    """
    name, offered = home.version(epoch, weights.suffix), weights.is_file()
    if offered:
        put(weights, media_root() / name)
    with transaction.atomic():
        model = table("OcrModel").objects.select_for_update().get(pk=pk)
        model.training_epoch, model.training_accuracy = epoch, accuracy
        if offered and all(version["data"].get("file") != name for version in model.versions):
            model.new_version(file=name)
        model.save()
        return list(model.versions)


def bring_home(pk: int, home: Home, weights: Path, card: Path, figures: dict[str, Any]) -> None:
    """Gives a model its new weights: whole or not at all, and again when this is called again.

    Args:
        pk: Of the model.
        home: Where they belong.
        weights: The file as it came home.
        card: The model card beside it.
        figures: Fields of the model that follow from the training.
    """
    target = media_root() / home.path
    put(weights, target)
    if card.is_file():
        put(card, target.with_name(CARD))
    kept = {"file": home.path, "file_size": target.stat().st_size, "training": False, **figures}
    # Not by save(): what cleans up after changed files would take the weights before for litter.
    table("OcrModel").objects.filter(pk=pk).update(**kept)
    _qualify(pk)


def keep(pk: int, before: dict[str, Any]) -> None:
    """Leaves a model as it was before a training that brought nothing better."""
    table("OcrModel").objects.filter(pk=pk).update(training=False, **before)


def drop_if_empty(pk: int) -> bool:
    """Deletes a model that never had any weights, as eScriptorium means to when a training does not converge."""
    model = table("OcrModel").objects.filter(pk=pk).first()
    if model is None or model.file:
        return False
    model.delete()
    return True


def put(source: Path, target: Path) -> None:
    """Copies a file to its place in one step."""
    with replacing(target) as temporary:
        shutil.copyfile(source, temporary)


def _qualify(pk: int) -> None:
    """Lets eScriptorium find out what kind of network it is, where it has a task for that."""
    from celery import current_app

    task = current_app.tasks.get("core.tasks.qualify_model")
    if task is not None:
        task.delay(pk)
