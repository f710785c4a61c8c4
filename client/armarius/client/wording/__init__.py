"""What people call what: each kind of model has its own words."""

from typing import Any

from armarius.client.wording.base import Tile, Wording
from armarius.client.wording.recognition import RecognitionWording
from armarius.client.wording.segmentation import SegmentationWording

__all__ = ["Tile", "Wording", "wording_of"]

_KINDS: dict[str, Wording[Any]] = {"recognition": RecognitionWording(), "segmentation": SegmentationWording()}


def wording_of(kind: str) -> Wording[Any]:
    """Returns the words of a kind of model, as the ``kind`` of parameters or metrics names it."""
    return _KINDS[kind]
