"""Telling the user of a training."""

import logging
from typing import Literal

from armarius.client.escriptorium.host import links, people, reports, shelf
from armarius.client.escriptorium.record import TrainingRow

_LOG = logging.getLogger(__name__)

Level = Literal["info", "success", "warning", "danger"]


def name_of(row: TrainingRow) -> str:
    """Returns what people call the model of a training."""
    model = shelf.look_up(row.model)
    return model.name if model is not None else "a model"


def notify(row: TrainingRow, message: str, level: Level = "info") -> None:
    """Shows a message to the user of a training; the newer takes the place of the older."""
    people.notify(
        people.find_user(row.user),
        message,
        id_=f"armarius-{row.id}",
        level=level,
        links=[*_page(row), *reports.report_links(row.task_id)],
    )


def _page(row: TrainingRow) -> list[dict[str, str]]:
    """Returns the link to our page of a training, as a notification takes it."""
    try:
        address = links.training_page(row.id)
    except Exception:  # this process cannot load eScriptorium's addresses: a link is no reason to say nothing
        _LOG.exception("no link to training %s", row.id)
        return []
    return [{"text": "Training", "src": address}] if address else []
