"""Addresses of eScriptorium's own pages and files, and of ours; empty where an instance has no such page."""

from typing import Any

from django.urls import NoReverseMatch, reverse

from armarius.client.escriptorium.host.events import Room
from armarius.client.escriptorium.host.tables import table


def models_page() -> str:
    """Returns the page of all of a user's models."""
    return _address("user-models")


def room_page(room: Room) -> str:
    """Returns the page of a document; a collection's is not known here."""
    return _address("document-detail", pk=room.pk) if room.name == "document" else ""


def training_page(training: str) -> str:
    """Returns our page of a training, where the admin has switched our pages on."""
    return _address("armarius:training", pk=training)


def model_file(pk: int) -> str:
    """Returns where the weights of a model can be downloaded."""
    model = table("OcrModel").objects.filter(pk=pk).first()
    return str(model.file.url) if model is not None and model.file else ""


def _address(name: str, **given: Any) -> str:
    try:
        return str(reverse(name, kwargs=given or None))
    except NoReverseMatch:
        return ""
