"""Which kinds of model there are."""

from typing import Any

from armarius.functions.contracts import SegmentationParameters
from armarius.functions.engine.kind import Kind
from armarius.functions.engine.recognition import Recognition
from armarius.functions.engine.segmentation import Segmentation
from armarius.functions.engine.session import Session


def kind_of(session: Session) -> Kind[Any]:
    """Returns the kind of model that a run is about, as its parameters say."""
    parameters = session.parameters
    if isinstance(parameters, SegmentationParameters):
        return Segmentation(session, parameters)
    return Recognition(session, parameters)
