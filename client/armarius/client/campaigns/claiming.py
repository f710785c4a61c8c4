"""Taking a folder for a campaign: everything that can be refused is refused here, before anything begins."""

from typing import Any

from pydantic import ValidationError

from armarius.client.campaigns.asked import Asked
from armarius.client.campaigns.errors import BadSource
from armarius.client.campaigns.place import CampaignPlace
from armarius.client.errors import OutputTaken, shown
from armarius.functions.contracts import BadInput


def asked_from(**fields: Any) -> Asked:
    """Makes a wish.

    Raises:
        BadInput: A value cannot be used; the message names it.
    """
    try:
        return Asked.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}.") from error


def claimed(place: CampaignPlace, asked: Asked) -> CampaignPlace:
    """Takes the folder, unless it holds the same campaign already.

    Raises:
        OutputTaken: It holds something else.
        BadSource: It holds a campaign upon this source, but the source has changed since.
    """
    try:
        place.folder.mkdir(parents=True, exist_ok=True)
        _require_free(place)
    except OSError as error:
        raise BadInput(f"{shown(place.folder)} cannot be written: {error.strerror}.", "Name another.") from error
    with place.locked():
        if place.asked_path.exists():
            _require_same(place.asked(), asked, place)
        else:
            _require_free(place)
            place.write_asked(asked)
    return place


def _require_free(place: CampaignPlace) -> None:
    if not place.asked_path.exists() and any(path != place.own for path in place.folder.iterdir()):
        raise OutputTaken(f"{shown(place.folder)} holds something already.", "Name another folder with --output.")


def _require_same(before: Asked, asked: Asked, place: CampaignPlace) -> None:
    where = shown(place.folder)
    if before.work.key() != asked.work.key() or before.source != asked.source:
        raise OutputTaken(f"{where} holds another campaign.", "Name another folder with --output.")
    if before.source_sha256 != asked.source_sha256:
        hint = f"Begin another one, and have what is done already taken from this one: --reuse {where}"
        raise BadSource(f"{asked.source} has changed since the campaign in {where} began.", hint)
